/** For a look while other work goes on: `--rounds=1 --seconds=2`. */
export function numberOf(name: string, otherwise: number): number {
  const option = `--${name}=`
  const text = process.argv.find((word) => word.startsWith(option))?.slice(option.length)
  return text === undefined ? otherwise : Number(text)
}
