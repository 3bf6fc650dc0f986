/** A string of JSON, and the colon that makes it a key. */
const STRING = /"(?:[^"\\]|\\.)*"(?<key>[\t\r\n ]*:)?/g;

/**
 * Says which key a flat JSON object has twice; null: none. JSON.parse silently takes the last one, and other readers the first: evidence that
 * says two things is none.
 * @param text valid JSON
 */
export function doubledKey(text: string): string | null {
  const seen = new Set<string>();
  for (const match of text.matchAll(STRING)) {
    if (match.groups?.key === undefined) continue;
    const key = String(JSON.parse(match[0].slice(0, match[0].lastIndexOf('"') + 1)));
    if (seen.has(key)) return `${key}: is there twice`;
    seen.add(key);
  }
  return null;
}
