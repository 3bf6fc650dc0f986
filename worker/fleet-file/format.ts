export type FleetFormat = 'toml' | 'json';

/** What a fleet file is written in: by its name, and where that does not say it by its text. No TOML begins with a brace. */
export function formatOf(file: string, text: string): FleetFormat {
  if (file.endsWith('.json')) return 'json';
  return !file.endsWith('.toml') && text.trimStart().startsWith('{') ? 'json' : 'toml';
}
