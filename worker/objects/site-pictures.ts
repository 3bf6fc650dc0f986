import * as z from 'zod/mini';
import { siteStatusSchema } from '../protocol/status.ts';

/** The newest picture of a site, as the site told it. */
const pictureSchema = z.object({ revision: z.int(), status: siteStatusSchema });
export type Picture = z.infer<typeof pictureSchema>;

/**
 * How every site is, a row each. Apart from the Fleet's other facts, because there are thousands of them and each changes by itself: a row is read once, and
 * written only when its site has news.
 */
export class SitePictures {
  private readonly sql: SqlStorage;
  private readonly pictures = new Map<string, Picture>();

  constructor(sql: SqlStorage) {
    this.sql = sql;
    for (const { id, json } of sql.exec<{ id: string; json: string }>("SELECT id, json FROM fact WHERE kind = 'picture'"))
      this.pictures.set(id, pictureSchema.parse(JSON.parse(json)));
  }

  get(site: string): Picture | undefined {
    return this.pictures.get(site);
  }

  /** Sites whose agents are there. */
  get online(): number {
    let online = 0;
    for (const { status } of this.pictures.values()) if (status.agent.online) online++;
    return online;
  }

  /** Takes a picture in the caller's transaction; an older one than the known is passed over. */
  put(site: string, picture: Picture): void {
    if (picture.revision <= (this.pictures.get(site)?.revision ?? -1)) return;
    this.sql.exec("INSERT OR REPLACE INTO fact (kind, id, json) VALUES ('picture', ?, ?)", site, JSON.stringify(picture));
    this.pictures.set(site, picture);
  }

  /** Forgets the sites that are not among these, in the caller's transaction. */
  keep(sites: ReadonlySet<string>): void {
    for (const site of [...this.pictures.keys()]) {
      if (sites.has(site)) continue;
      this.sql.exec("DELETE FROM fact WHERE kind = 'picture' AND id = ?", site);
      this.pictures.delete(site);
    }
  }
}
