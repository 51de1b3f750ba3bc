import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import styles from './data-table.module.css';

export interface Column<T> {
  key: string;
  title: ReactNode;
  cell: (row: T) => ReactNode;
  /** For numbers. */
  right?: boolean;
  /** Takes the room that is left. */
  wide?: boolean;
}

interface Props<T> {
  /** What the table is about, for screen readers. */
  label: string;
  columns: readonly Column<T>[];
  /** Absent while they load. */
  rows: readonly T[] | undefined;
  rowKey: (row: T) => string;
  /** In place of rows when there are none. */
  empty?: ReactNode;
  /** While other rows load, the old ones are dimmed. */
  stale?: boolean;
}

/** Rows and columns; on a narrow page each row is a card, with its columns' titles beside the values. */
export function DataTable<T>({ label, columns, rows, rowKey, empty, stale = false }: Props<T>) {
  if (rows?.length === 0 && empty) return <div className={styles.empty}>{empty}</div>;
  return (
    <div className={styles.frame} data-stale={stale || undefined}>
      <table className={styles.table} aria-label={label} aria-busy={rows === undefined || stale}>
        <thead>
          <tr>
            {columns.map((column) =>
              column.title === '' ? (
                <td key={column.key} />
              ) : (
                <th key={column.key} scope="col" className={cellClass(column)}>
                  {column.title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows
            ? rows.map((row) => (
                <tr key={rowKey(row)}>
                  {columns.map((column) => (
                    <td key={column.key} className={cellClass(column)}>
                      <span className={styles.title} aria-hidden>
                        {column.title}
                      </span>
                      <div className={styles.value}>{column.cell(row)}</div>
                    </td>
                  ))}
                </tr>
              ))
            : [0, 1, 2, 3].map((i) => (
                <tr key={i}>
                  <td colSpan={columns.length}>
                    <Skeleton active title={false} paragraph={{ rows: 1, width: '100%' }} />
                  </td>
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  );
}

function cellClass({ right, wide }: { right?: boolean; wide?: boolean }): string {
  return [right && styles.right, wide && styles.wide].filter(Boolean).join(' ');
}
