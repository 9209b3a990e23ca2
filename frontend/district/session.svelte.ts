// Who is signed in, and the parameters of all figures: campaign, basis, day.
import { api, ask, isProblem, readAll, toProblem, type Me as SchemaMe, type Problem } from '../lib/client';
import { setLanguage } from '../lib/language.svelte';
import { isoDay } from '../lib/time';
import { campaigns, foremost, type Campaign } from './programme';
import { clearStore, readValue, writeValue } from './store';
import { here } from './address.svelte';

export type Role =
  | 'admin'
  | 'province_officer'
  | 'locality_officer'
  | 'manager'
  | 'team'
  | 'auditor'
  | 'merchant'
  | 'staff'
  | 'integration';

/** The schema has a plain string for the role. */
export type Me = Omit<SchemaMe, 'role'> & { role: Role };

export const bases = ['districts_2024', 'districts_2024_merged', 'communes_2025', 'current'] as const;

class Session {
  me = $state.raw<Me>();
  campaigns = $state.raw<Campaign[]>([]);
  failed = $state.raw<Problem>();
  /** Whether some market in scope is demo data: every screen says so. */
  demo = $state(false);

  /** open reads who is signed in. */
  async open(): Promise<void> {
    setLanguage((await readValue<string>('language')) ?? 'vi');
    try {
      this.me = (await ask(api.GET('/api/v1/me'))) as Me;
      await writeValue('me', this.me);
    } catch (problem) {
      // Without a network, the person who was signed in may continue to record. The server checks again before it accepts anything.
      if (isProblem(problem) && problem.code === 'offline') this.me = await readValue<Me>('me');
      if (!this.me) this.failed = toProblem(problem);
      return;
    }
    void readAll((query) => api.GET('/api/v1/markets', { params: { query } })).then(
      (list) => {
        this.demo = list.some((m) => m.demo);
      },
      () => {},
    );
    if (this.readsReports) this.campaigns = await campaigns().catch(() => []);
  }

  get readsReports(): boolean {
    return this.is('admin', 'province_officer', 'locality_officer', 'manager', 'auditor');
  }

  is(...roles: Role[]): boolean {
    return !!this.me && roles.includes(this.me.role);
  }

  /** The day of the figures: today, unless another was chosen. */
  get asOf(): string {
    return here.get('as_of') || isoDay(new Date());
  }

  /** The basis: that of the campaign, unless another was chosen. */
  get basis(): string {
    return here.get('basis') || this.campaign?.basis || 'districts_2024';
  }

  /** The campaign that was chosen; the foremost, unless all markets were ("all"). */
  get campaign(): Campaign | undefined {
    const code = here.get('campaign');
    if (code === 'all') return undefined;
    return this.campaigns.find((c) => c.code === code) ?? foremost(this.campaigns, isoDay(new Date()));
  }

  /** The parameters of all figures. */
  get figureQuery(): { basis: string; as_of: string; campaign?: string } {
    return { basis: this.basis, as_of: this.asOf, campaign: this.campaign?.code };
  }

  /** setLanguage stores the language before it shows it, so that a page opened right after has it. */
  async setLanguage(language: 'vi' | 'en'): Promise<void> {
    try {
      await writeValue('language', language);
    } finally {
      setLanguage(language);
    }
  }

  /** leave signs out and clears the store. */
  async leave(): Promise<void> {
    await ask(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id: 'current' } } }));
    await clearStore();
    location.assign('/sign-in?next=/district/');
  }
}

export const session = new Session();
