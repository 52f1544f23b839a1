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

  /**
   * The width, in a grid that is 24 units wide.
   *
   * @default 24
   */
  readonly width?: number;

  /**
   * The height, in the same units.
   *
   * @default 12
   */
  readonly height?: number;
}
