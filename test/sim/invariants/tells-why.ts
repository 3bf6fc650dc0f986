import { BLAMES } from '../../../worker/protocol/health.ts';
import type { Invariant } from './invariant.ts';

const MAX_WHY = 1000;

export const TELLS_WHY: Invariant = {
  name: 'tells-why',
  holds: `Every effect says why, in 1 to ${MAX_WHY} characters without undefined, NaN or null in them, and names a blame that exists.`,
  watch({ broken }) {
    const check = (site: string | null, what: string, why: string): void => {
      if (why.trim() === '' || why.length > MAX_WHY || /undefined|NaN|\bnull\b|\[object/.test(why)) broken(site, `${what} says: "${why}"`);
    };
    return {
      siteTurn({ site, effects }) {
        for (const { type, why, blame } of effects) {
          check(site, `a ${type}`, why);
          if (!BLAMES.includes(blame)) broken(site, `a ${type} blames "${blame}"`);
        }
      },
      fleetTurn({ news }) {
        for (const { kind, why } of news.entries) check(null, `a line of the timeline (${kind})`, why);
      },
    };
  },
};
