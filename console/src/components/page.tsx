import { useEffect, useRef, type ReactNode } from 'react';
import { useNavigationType } from 'react-router';
import styles from './page.module.css';

interface Props {
  title: string;
  /** What stands beside the title, such as the state of a task. */
  beside?: ReactNode;
  /** One sentence under the title. */
  lead?: ReactNode;
  /** Buttons for the whole page; the primary one last. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A page of the console: names the window, has the one h1, and tells screen readers that the page changed. */
export function Page({ title, beside, lead, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const navigation = useNavigationType();
  useEffect(() => {
    document.title = `${title} · Workbench`;
  }, [title]);
  useEffect(() => {
    // POP is also the first load, where the browser has its own place to begin.
    if (navigation === 'PUSH') heading.current?.focus({ preventScroll: true });
    // Only on arrival: a title that changes later must not take the focus.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return (
    <>
      <div className={styles.head}>
        <div className={styles.titles}>
          <div className={styles.title}>
            <h1 ref={heading} tabIndex={-1} className={styles.heading}>
              {title}
            </h1>
            {beside}
          </div>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </>
  );
}
