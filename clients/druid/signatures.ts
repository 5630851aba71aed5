/** The parts of an address that let its holder read: AWS signatures and session tokens, and HDFS delegation tokens. */
const SECRET = /([?&;](?:x-amz-(?:signature|security-token|credential)|delegation)=)[^&\s"'\\<>)\]}]*/gi;

/** The text without the secrets of addresses in it. Druid repeats an address that it cannot read. */
export function withoutSignatures(text: string): string {
  return text.replace(SECRET, '$1…');
}
