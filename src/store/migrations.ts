/**
 * The schema, forward only: a migration that was released is never changed, a new one is added after it.
 * One text for both engines: `bigint` and `text` are translated, nothing else may differ.
 */
export const migrations: readonly (readonly string[])[] = [
  [
    `create table meta (
      one bigint primary key check (one = 1),
      epoch text not null,
      generation bigint not null,
      feed_floor bigint not null,
      commits bigint not null,
      anchor_sequence bigint not null,
      anchor_hash text not null
    )`,
    `create table epochs (
      epoch text primary key,
      start bigint not null,
      begun bigint not null,
      reason text not null
    )`,
    `create table runs (
      first bigint primary key,
      last bigint
    )`,
    `create table tokens (
      id text primary key,
      secret_hash text not null,
      role text not null,
      site text,
      class text,
      name text,
      uses bigint not null,
      used bigint not null check (used >= 0 and used <= uses),
      expires bigint not null,
      sources text not null,
      slot bigint,
      created bigint not null,
      created_by text not null,
      revoked bigint,
      closed bigint
    )`,
    `create table nodes (
      id text primary key,
      role text not null,
      site text not null,
      class text,
      name text,
      slot bigint,
      addresses text not null,
      state text not null,
      certificate text unique,
      previous_certificate text unique,
      public_key text not null,
      wireguard_key text,
      ssh_host_keys text not null,
      changed_ssh_host_keys text,
      machine text,
      token text,
      generation bigint not null,
      seeded bigint,
      created bigint not null,
      joined bigint,
      reported bigint,
      report text,
      freed bigint,
      facts text not null
    )`,
    'create unique index nodes_slot on nodes (site, role, slot) where freed is null',
    'create unique index nodes_name on nodes (name) where freed is null',
    'create unique index nodes_wireguard_key on nodes (wireguard_key) where freed is null',
    'create index nodes_generation on nodes (generation)',
    'create index nodes_token on nodes (token, public_key)',
    'create index nodes_freed on nodes (freed) where freed is not null',
    `create table slots (
      site text not null,
      role text not null,
      slot bigint not null,
      node text unique references nodes (id),
      free_from bigint not null,
      primary key (site, role, slot)
    )`,
    'create index slots_free on slots (site, role, slot) where node is null',
    `create table seen (
      node text primary key,
      at bigint not null,
      health text not null
    )`,
    `create table hosts (
      id text primary key,
      role text not null,
      name text not null,
      certificate text not null unique,
      previous_certificate text unique,
      public_key text not null,
      wireguard_key text,
      ssh_host_keys text not null,
      token text,
      facts text not null,
      generation bigint not null,
      created bigint not null,
      revoked bigint,
      acknowledged_epoch text,
      acknowledged_generation bigint,
      acknowledged bigint,
      seeded_epoch text not null
    )`,
    'create unique index hosts_name on hosts (role, name) where revoked is null',
    `create table admins (
      id text primary key,
      name text not null,
      role text not null,
      site text,
      certificate text not null unique,
      created bigint not null,
      created_by text not null,
      revoked bigint
    )`,
    'create unique index admins_name on admins (name) where revoked is null',
    `create table releases (
      version text not null,
      platform text not null,
      manifest text not null,
      signature text not null,
      hash text not null,
      size bigint not null,
      created bigint not null,
      created_by text not null,
      primary key (version, platform)
    )`,
    `create table proofs (
      proof text primary key,
      expires bigint not null
    )`,
    'create index proofs_expires on proofs (expires)',
    `create table audit (
      sequence bigint primary key,
      time bigint not null,
      actor text not null,
      action text not null,
      subject text,
      site text,
      hash text not null,
      body text not null
    )`,
    'create index audit_time on audit (time)',
    'create index audit_subject on audit (subject, sequence)',
    'create index audit_site on audit (site, sequence)',
    `create table audit_addresses (
      address text not null,
      sequence bigint not null,
      is_source bigint not null,
      primary key (address, sequence)
    )`,
    'create index audit_addresses_sequence on audit_addresses (sequence)',
    `create table cursors (
      name text primary key,
      sequence bigint not null,
      holder text not null,
      until bigint not null
    )`,
  ],
  [
    'alter table nodes add column refresh bigint',
    'create index nodes_public_key on nodes (public_key) where freed is null',
    "alter table hosts add column certificate_pem text not null default ''",
  ],
  ['alter table hosts add column health text'],
]

export type Dialect = (statement: string) => string

/** Strict tables, so that a number in a text column is refused as PostgreSQL refuses it. */
export const sqliteDialect: Dialect = (statement) => {
  const translated = statement.replace(/\bbigint\b/g, 'integer')
  return translated.startsWith('create table') ? `${translated} strict` : translated
}

/** Text compares by bytes, whatever the database's locale. */
export const postgresDialect: Dialect = (statement) =>
  statement.replace(/\btext\b/g, 'text collate "C"')
