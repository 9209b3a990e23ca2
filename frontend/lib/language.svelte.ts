// Vietnamese first; English beside it, where a sentence is written.

export const ui = $state({ language: 'vi' });

export function setLanguage(language: string): void {
  ui.language = language === 'en' ? 'en' : 'vi';
  document.documentElement.lang = ui.language;
}

/** A sentence in the reader's language. */
export function t(vi: string, en: string): string {
  return ui.language === 'en' ? en : vi;
}

/** What the server says in both languages. */
export function told(of: { vi: string; en: string }): string {
  return t(of.vi, of.en);
}
