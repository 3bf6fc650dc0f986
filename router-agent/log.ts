export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Log = Record<LogLevel, (message: string) => void>;

/** Priorities of syslog, which journald reads from a `<n>` at the start of a line. */
const PRIORITY: Record<LogLevel, number> = { error: 3, warn: 4, info: 6, debug: 7 };

/**
 * One line an event. Under journald (which adds time and name by itself) a line starts with its priority, elsewhere with the time.
 */
export function createLog(level: LogLevel, options: { journald: boolean; write: (line: string) => void }): Log {
  const loudest = LOG_LEVELS.indexOf(level);
  const at = (line: LogLevel) => (message: string) => {
    if (LOG_LEVELS.indexOf(line) > loudest) return;
    const text = message.replaceAll('\n', ' | ');
    const prefix = options.journald ? `<${PRIORITY[line]}>` : `${new Date().toISOString()} ${line.padEnd(5)} `;
    options.write(`${prefix}${text}\n`);
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
