// The two languages of the screens: Vietnamese, and English beside it in the same place of the code.

export const ui = $state({ language: 'vi' });

export function setLanguage(language: string): void {
  ui.language = language === 'en' ? 'en' : 'vi';
  document.documentElement.lang = ui.language;
}

/** t returns a sentence in the reader's language. */
export function t(vi: string, en: string): string {
  return ui.language === 'en' ? en : vi;
}

/** translated returns a text of the server, which has both languages, in the reader's language. */
export function translated(text: { vi: string; en: string }): string {
  return t(text.vi, text.en);
}
