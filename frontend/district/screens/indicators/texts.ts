// How the counts and the coverage of a total are written on the screen of indicators.
import { t } from '../../../lib/language.svelte';
import type { Figure } from '../../figures';
import { counted, quantity, shareOf } from '../../format';

/** totalOfText returns "numerator / denominator" of a total; a hidden one may still show its denominator. */
export function totalOfText(figure: Figure | undefined): string {
  if (figure?.suppressed) return `${counted(figure, 'numerator', true)} / ${counted(figure, 'denominator', true)}`;
  return figure?.denominator ? `${quantity(figure.numerator)} / ${quantity(figure.denominator)}` : '–';
}

/** coverageText returns the coverage of a total with its counts. */
export function coverageText(coverage: Figure['coverage'] | undefined): string {
  if (!coverage) return t('không áp dụng', 'does not apply');
  if (coverage.numerator === null) return shareOf(coverage, true);
  return `${shareOf(coverage)} (${quantity(coverage.numerator)} / ${quantity(coverage.denominator)})`;
}
