/** The agent's version, as reports carry it. A test holds it equal to package.json's. */
export const VERSION = '0.1.0';
