/*
 * How often what costs happens. The objects work by these, and the budget counts by them: one number, so that the two cannot drift apart.
 */

/**
 * A vantage that says what it said before is written down this seldom: rounds come every few seconds, and each row costs. So a restart knows of each
 * vantage that it was heard, to this precision.
 */
export const HEARD_PRECISION_MS = 60_000;

/** Each note of a token's use is a row written, and a router polls all day: an hour's precision is enough to see that a token is still in use. */
export const LAST_USED_PRECISION_MS = 3_600_000;

/** The longest hold of a poll, and the default: proxies on the way cut silent requests after a minute. */
export const MAX_HOLD_MS = 50_000;

/**
 * How long the socket of a poll stays after the answer. The agent's next poll comes within it and replaces the socket, so the site object always
 * has one to remember the last report by, and writes a row only when no next poll comes.
 */
export const LINGER_MS = 15_000;

/**
 * While a poll waits, its socket says at once when the router goes, so the alarm for a silent router comes this seldom: it is only for the case that
 * the object was restarted and the socket was lost without a word.
 */
export const HELD_ALARM_MS = 900_000;

/** The fleet's usage of its plan is kept in memory, and written down this seldom. */
export const SPENDING_PRECISION_MS = 600_000;

/** What is under way of the servers' history is written down this often, beside every change of health: a kill loses so much of the latencies, and no uptime. */
export const HISTORY_PRECISION_MS = 300_000;
