/** How a word is meant; the terminal gives it a colour, if it may. */
export type Tone = 'good' | 'bad' | 'warn' | 'move' | 'quiet' | 'strong' | 'plain';

const CODES: Record<Tone, string> = { good: '32', bad: '31', warn: '33', move: '36', quiet: '2', strong: '1', plain: '' };

export interface Terminal {
  /** Columns. */
  width: number;
  paint(tone: Tone, text: string): string;
}

/** Colours only on a terminal, and not where the user does not want them (https://no-color.org). */
export function terminalFor(stream: { isTTY?: boolean; columns?: number }, env: Record<string, string | undefined>): Terminal {
  const colours = stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  return {
    width: Math.max(60, Math.min(stream.columns || 120, 160)),
    paint: (tone, text) => (colours && CODES[tone] !== '' ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text),
  };
}

/** Breaks a text at spaces into lines of at most `width` characters; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
