// The address of a view. It is in the fragment, so that any view can be sent to a colleague: #/market/ID?basis=…&as_of=…

/** The parameters of figures, which links pass from one screen to the next. */
const shared = ['basis', 'as_of', 'campaign', 'market'];

export interface Address {
  screen: string;
  args: string[];
  query: Record<string, string>;
}

/** readAddress reads the fragment of an address. */
export function readAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [screen = '', ...args] = path.split('/').filter(Boolean).map(decodeURIComponent);
  return { screen, args, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** hashOf writes the fragment of an address; empty parameters are left out. */
export function hashOf(place: Address): string {
  const query = new URLSearchParams(Object.entries(place.query).filter(([, value]) => value !== '')).toString();
  return `#/${[place.screen, ...place.args].map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`;
}

class Here {
  now = $state.raw<Address>(readAddress(location.hash));

  constructor() {
    addEventListener('hashchange', () => {
      const before = this.now;
      this.now = readAddress(location.hash);
      if (before.screen !== this.now.screen || before.args.join() !== this.now.args.join()) scrollTo(0, 0);
    });
  }

  get(name: string): string {
    return this.now.query[name] ?? '';
  }

  /** link returns the address of a screen with the shared parameters and some changes. */
  link(path: string, changes: Record<string, string> = {}): string {
    const [screen = '', ...args] = path.split('/');
    const query: Record<string, string> = {};
    for (const name of shared) query[name] = this.get(name);
    return hashOf({ screen, args, query: { ...query, ...changes } });
  }

  /** change changes the parameters of the present view. */
  change(changes: Record<string, string>): void {
    location.hash = hashOf({ ...this.now, query: { ...this.now.query, ...changes } });
  }
}

export const here = new Here();
