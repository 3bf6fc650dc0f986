export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Log = Record<LogLevel, (message: string) => void>;

/** `text`: a line for people; `json`: an object for machines, `{time, level, message}`. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Priorities of syslog, which journald reads from a `<n>` at the start of a line. */
const PRIORITY: Record<LogLevel, number> = { error: 3, warn: 4, info: 6, debug: 7 };

/**
 * One line an event. Under journald (which adds time and name by itself) a line of text starts with its priority, elsewhere with the time.
 */
export function createLog(level: LogLevel, options: { format?: LogFormat; journald: boolean; write: (line: string) => void }): Log {
  const loudest = LOG_LEVELS.indexOf(level);
  const at = (line: LogLevel) => (message: string) => {
    if (LOG_LEVELS.indexOf(line) > loudest) return;
    const time = new Date().toISOString();
    const prefix = options.journald ? `<${PRIORITY[line]}>` : '';
    const text = message.replaceAll('\n', ' | ');
    const body =
      options.format === 'json'
        ? JSON.stringify({ time, level: line, message })
        : options.journald
          ? text
          : `${time} ${line.padEnd(5)} ${text}`;
    options.write(`${prefix}${body}\n`);
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
