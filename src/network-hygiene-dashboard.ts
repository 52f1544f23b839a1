/**
 * Of the findings table.
 */
export interface FindingsWidgetOptions {
  /**
   * The title above it.
   *
   * @default 'Findings'
   */
  readonly title?: string;
}
