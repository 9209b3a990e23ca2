// The two languages of the screens: Vietnamese, and English beside it in the same place of the code.

export const ui = $state({ language: 'vi' });

export function setLanguage(language: string): void {
  ui.language = language === 'en' ? 'en' : 'vi';
  document.documentElement.lang = ui.language;
}

const languages = {
  vi: { language: 'vi', short: 'VI', name: 'Tiếng Việt' },
  en: { language: 'en', short: 'EN', name: 'English' },
} as const;

/** otherLanguage returns the language that the reader can change to. */
export function otherLanguage(): (typeof languages)['vi' | 'en'] {
  return ui.language === 'en' ? languages.vi : languages.en;
}

/** t returns a sentence in the reader's language. */
export function t(vi: string, en: string): string {
  return ui.language === 'en' ? en : vi;
}

/** translated returns a text of the server, which has both languages, in the reader's language. */
export function translated(text: { vi: string; en: string }): string {
  return t(text.vi, text.en);
}
