/** Lines in columns. */
import { charactersOf, excerpt } from './characters';
import { printable } from './terminal';

/** The width of a column, beyond which a cell is cut: one long text must not push all others off the screen. */
const CELL_LENGTH_MAX = 100;

/** Cells in columns, two spaces apart; the last column is as wide as it is. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : excerpt(cell, CELL_LENGTH_MAX))),
  );
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => visible(row[column] ?? ''))));
  return cells.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visible(cell)),
      )
      .join('  ')
      .trimEnd(),
  );
}

function visible(text: string): number {
  return charactersOf(printable(text)).length;
}
