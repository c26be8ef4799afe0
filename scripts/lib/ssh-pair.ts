import ssh2 from 'ssh2'

/** A few of the keys that ssh2 makes it cannot read. */
export function makePair(): { public: string; private: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519')
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}
