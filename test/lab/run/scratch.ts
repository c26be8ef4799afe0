import { joinService, startCentre } from '../join/centre.ts'

const centre = await startCentre({
  site: { jobs: '10.200.64.0/20', tunnels: (process.env.TUN ?? 'udp').split(',') },
})
try {
  console.error(await joinService(centre))
  const m = centre.lab.host('aruba-a')
  const token = await centre.token({ role: 'job', site: 'aruba', uses: 100 })
  await m.must(
    [
      'sh',
      '-c',
      'install -d -m 0755 /home; install -d -o 31000 -g 31000 /home/u; cat >/home/u/token; chown 31000 /home/u/token; chmod 600 /home/u/token',
    ],
    { input: token },
  )
  for (const script of process.argv.slice(2)) {
    const t = performance.now()
    const r = await m.run(['sh', '-c', script], {
      ordinary: true,
      timeoutMs: 60000,
      env: {
        RUN: `${process.cwd()}/node_modules/node/bin/node ${process.cwd()}/bin/dynfarm.ts run --server https://203.0.113.12:8443 --token-file /home/u/token`,
      },
    })
    console.log(
      '-----',
      script,
      '\n',
      r.stdout,
      r.stderr,
      r.code,
      Math.round(performance.now() - t),
    )
  }
  if (process.env.AFTER) console.log((await m.run(['sh', '-c', process.env.AFTER])).stdout)
} finally {
  await centre.stop()
}
