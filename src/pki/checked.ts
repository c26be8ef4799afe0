/** What came of checking something foreign: its value, or why it is refused. */
export type Checked<Value, Refusal extends string> = { value: Value } | { refused: Refusal }
