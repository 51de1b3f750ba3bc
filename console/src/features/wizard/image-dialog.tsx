import { ArrowRightOutlined } from '@ant-design/icons';
import { Alert, Input, Modal, type InputRef } from 'antd';
import { useRef, useState, type ReactNode } from 'react';
import type { ContainerImage } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { commonMessages } from '../../app/messages';
import { Field } from '../../components/field';
import { imageProblem } from './image';
import styles from './image-dialog.module.css';
import { imageMessages } from './messages';
import { problemMessages, sentence } from './problem';

interface Props {
  /** Name of the task. */
  name: string;
  containers: readonly ContainerImage[];
  /** What was typed, by container; the dialog's owner keeps it, so that nothing is lost when the dialog closes. */
  images: Readonly<Record<string, string>>;
  onChange: (images: Record<string, string>) => void;
  onCancel: () => void;
  /** Gets the containers whose image changes. */
  onOk: (changed: ContainerImage[]) => void;
  busy?: boolean;
  /** Why the request did not work. */
  problem?: ReactNode;
  /** The word on the button, OK when absent. */
  okText?: string;
}

/** Asks for the new image of each container: one row each, current → new. */
export function ImageDialog({ name, containers, images, onChange, onCancel, onOk, busy = false, problem, okText }: Props) {
  const words = useMessages(imageMessages);
  const common = useMessages(commonMessages);
  const problemWords = useMessages(problemMessages);
  const [asked, setAsked] = useState(false);
  const first = useRef<InputRef>(null);
  const typed = (container: ContainerImage) => images[container.name] ?? container.image;
  const changed = containers.filter((container) => typed(container).trim() !== container.image).map((container) => ({ name: container.name, image: typed(container).trim() }));
  const wrong = changed.some(({ image }) => imageProblem(image) !== undefined);

  function submit() {
    setAsked(true);
    if (!wrong && changed.length > 0) onOk(changed);
  }

  return (
    <Modal open title={words.title(name)} width={680} okText={okText ?? words.ok} cancelText={common.cancel} confirmLoading={busy} onCancel={onCancel} onOk={submit} mask={{ closable: false }} afterOpenChange={(open) => open && selectVersion(first.current?.input)}>
      <p className="soft">{words.lead}</p>
      <form
        className={styles.rows}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {containers.map((container, i) => {
          const found = imageProblem(typed(container));
          return (
            <div key={container.name} className={styles.row} data-changed={typed(container).trim() !== container.image || undefined}>
              <p className={styles.current}>
                <strong>{container.name}</strong>
                <span className="code">{container.image}</span>
              </p>
              <ArrowRightOutlined className={styles.arrow} aria-hidden />
              <Field label={<span className="visually-hidden">{words.nextOf(container.name)}</span>} problem={found && (asked || found.key !== 'imageMissing') && sentence(problemWords, found)}>
                {(control) => (
                  <Input
                    {...control}
                    className="code"
                    autoFocus={i === 0}
                    autoComplete="off"
                    autoCapitalize="none"
                    spellCheck={false}
                    value={typed(container)}
                    ref={i === 0 ? first : undefined}
                    onPaste={(event) => {
                      const pasted = event.clipboardData.getData('text').trim();
                      if (!isWholeImage(pasted)) return;
                      event.preventDefault();
                      onChange({ ...images, [container.name]: pasted });
                    }}
                    onChange={(event) => onChange({ ...images, [container.name]: event.target.value })}
                  />
                )}
              </Field>
            </div>
          );
        })}
        {/* Enter in a field sends the form. */}
        <button type="submit" hidden />
      </form>
      {asked && changed.length === 0 && <Alert type="warning" showIcon title={words.unchanged} role="alert" />}
      {problem && <Alert type="error" showIcon title={problem} role="alert" />}
    </Modal>
  );
}

/** Selects the tag, which is what most people change; all of an image that has none. */
function selectVersion(input: HTMLInputElement | null | undefined) {
  if (!input) return;
  const colon = input.value.lastIndexOf(':');
  const tagged = colon > input.value.lastIndexOf('/') && !input.value.includes('@');
  input.focus();
  input.setSelectionRange(tagged ? colon + 1 : 0, input.value.length);
}

/** Whether a text that is pasted is an image and not only its tag: then it takes the place of the whole one. */
function isWholeImage(text: string): boolean {
  return /[/@:]/.test(text) && imageProblem(text) === undefined;
}
