import en from './en/start.json' with { type: 'json' };
import es from './es/start.json' with { type: 'json' };
import type { Language } from './index.ts';
import ru from './ru/start.json' with { type: 'json' };
import zhHant from './zh-Hant/start.json' with { type: 'json' };

const catalogues: Record<Language, typeof en> = { en, ru, es, 'zh-Hant': zhHant };

/**
 * What index.html says before there is an app to say anything: that it comes,
 * and after a while what to do. The page holds all languages and its style shows
 * that of <html lang>, for a page without scripts can look nothing up.
 */
export function startTexts(): string {
  return Object.entries(catalogues)
    .map(
      ([language, words]) =>
        `<div lang="${language}"><p>${words['start.loading']}</p>` +
        `<p class="late">${words['start.late']} <a href="">${words['start.again']}</a></p></div>`,
    )
    .join('');
}
