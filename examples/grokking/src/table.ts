import pc from 'picocolors';

/** Lays out a table for the terminal: first column left, the others right. */
export function formatTable({ header, rows }: { header: string[]; rows: string[][] }): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   ');
  return [
    pc.bold(line(header)),
    pc.dim(widths.map((width) => '─'.repeat(width)).join('───')),
    ...rows.map(line),
  ].join('\n');
}
