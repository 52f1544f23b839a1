/**
 * Options for the findings table widget.
 */
export interface FindingsWidgetOptions {
  /**
   * The title above the table.
   *
   * @default 'Findings'
   */
  readonly title?: string;

  /**
   * The width of the widget in grid units, from 1 to 24.
   *
   * @default 24
   */
  readonly width?: number;

  /**
   * The height of the widget in grid units, from 1 to 1000.
   *
   * @default 12
   */
  readonly height?: number;
}
