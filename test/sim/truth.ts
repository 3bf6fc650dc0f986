import type { Scene } from './scene.ts';

/**
 * What is really broken, whoever knows of it. Faults overlap, so each thing counts how many hold it broken. Keys:
 * `server/S`, `outside/S` (nobody outside reaches it, routers do), `wan/SITE/WAN`, `path/SITE/WAN/S`, `lie/V/S` (this vantage does not reach it),
 * `blind/V`, `slow/V`, `brown/SITE/S` (alive, but lossy and slow).
 */
export class Truth {
  private readonly scene: Scene;
  private readonly broken = new Map<string, number>();
  private readonly onChange: (key: string) => void;

  constructor(scene: Scene, onChange: (key: string) => void) {
    this.scene = scene;
    this.onChange = onChange;
  }

  /** Breaks it; the answer mends it, once. */
  break(...keys: string[]): () => void {
    let stands = true;
    for (const key of keys) this.count(key, 1);
    return () => {
      if (stands) for (const key of keys) this.count(key, -1);
      stands = false;
    };
  }

  is(key: string): boolean {
    return (this.broken.get(key) ?? 0) > 0;
  }

  /** Whether packets come through this tunnel over this WAN. */
  alive(site: string, wan: string, server: string): boolean {
    return !this.is(`server/${server}`) && !this.is(`wan/${site}/${wan}`) && !this.is(`path/${site}/${wan}/${server}`);
  }

  /** Whether packets come through over any WAN. */
  reaches(site: string, server: string): boolean {
    return this.scene.wans.some((wan) => this.alive(site, wan, server));
  }

  hasUplink(site: string): boolean {
    return this.scene.wans.some((wan) => !this.is(`wan/${site}/${wan}`));
  }

  /** Whether a probe from there would be answered. */
  answers(vantage: string, server: string): boolean {
    return (
      !['server', 'outside'].some((what) => this.is(`${what}/${server}`)) && !this.is(`lie/${vantage}/${server}`) && this.sees(vantage)
    );
  }

  sees(vantage: string): boolean {
    return !this.is(`blind/${vantage}`);
  }

  private count(key: string, by: 1 | -1): void {
    const before = this.broken.get(key) ?? 0;
    if (before + by === 0) this.broken.delete(key);
    else this.broken.set(key, before + by);
    if (before === 0 || before + by === 0) this.onChange(key);
  }
}
