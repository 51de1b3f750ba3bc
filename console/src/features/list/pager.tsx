import { LeftOutlined, RightOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { memo } from 'react';
import { useMessages } from '../../app/i18n';
import { pageSizes, type Filters } from './filters';
import { listMessages } from './messages';
import styles from './pager.module.css';

interface Props {
  filters: Filters;
  total: number;
  setFilters: (filters: Filters) => void;
}

export const Pager = memo(function Pager({ filters, total, setFilters }: Props) {
  const words = useMessages(listMessages);
  const { page, pageSize } = filters;
  const last = Math.max(1, Math.ceil(total / pageSize));
  const go = (to: number) => setFilters({ ...filters, page: to });
  return (
    <nav className={styles.pager} aria-label={words.pages}>
      <span className="soft" aria-live="polite">
        {words.range((page - 1) * pageSize + 1, Math.min(page * pageSize, total), total)}
      </span>
      <span className={styles.controls}>
        <Select
          aria-label={words.pageSize}
          value={pageSize}
          options={pageSizes.map((size) => ({ value: size, label: words.perPage(size) }))}
          onChange={(size) => setFilters({ ...filters, pageSize: size, page: 1 })}
        />
        <Button icon={<LeftOutlined />} aria-label={words.previous} disabled={page <= 1} onClick={() => go(page - 1)} />
        <Button icon={<RightOutlined />} aria-label={words.next} disabled={page >= last} onClick={() => go(page + 1)} />
      </span>
    </nav>
  );
});
