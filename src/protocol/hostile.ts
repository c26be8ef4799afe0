/**
 * Foreign text made harmless for terminals, logs and pages that escape their own markup: what cannot be seen, or
 * changes how the rest is seen, becomes U+FFFD. A text never grows by it. Every other writing than these two,
 * as HTML, ssh_config or Ansible, still has to quote in its own way.
 */
export function cleanLine(text: string): string {
  return isPlain(text) ? text : text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

/** The same, with newlines and tabs kept. */
export function cleanText(text: string): string {
  return isPlain(text) ? text : text.replace(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

/** As nearly all texts are: the classes of Unicode are slow to look up. */
function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text)
}
