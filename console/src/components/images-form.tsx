import { ArrowRightOutlined } from '@ant-design/icons';
import { Alert, Input, type InputRef } from 'antd';
import { useEffect, useRef } from 'react';
import type { ContainerImage } from '../api/types';
import { useMessages } from '../app/i18n';
import { Field } from './field';
import { imageProblem } from './image';
import styles from './images-form.module.css';
import { imagesMessages } from './images-messages';
import { problemMessages, sentence } from './problem';

/** What was typed, by the name of the container; those that nobody touched are absent. */
export type TypedImages = Readonly<Record<string, string>>;

interface Props {
  /** As they are now. */
  containers: readonly ContainerImage[];
  typed: TypedImages;
  onChange: (typed: TypedImages) => void;
  /** The dialog around it has opened: from then on the focus stays where it is put. */
  opened: boolean;
  /** The person wanted to send: say also what is missing. */
  asked: boolean;
  /** Enter was pressed in a field. */
  onSubmit: () => void;
}

/** A row for each container: what runs → what shall run. */
export function ImagesForm({ containers, typed, onChange, opened, asked, onSubmit }: Props) {
  const words = useMessages(imagesMessages);
  const problems = useMessages(problemMessages);
  const first = useRef<InputRef>(null);
  // Once: a person who comes back to the field has a place in mind.
  useEffect(() => {
    if (opened) selectVersion(first.current?.input);
  }, [opened]);

  return (
    <form
      className={styles.rows}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {containers.map(({ name, image }, i) => {
        const value = typed[name] ?? image;
        const found = imageProblem(value);
        return (
          <div key={name} className={styles.row} data-changed={value.trim() !== image || undefined}>
            <p className={styles.current}>
              <strong>{name}</strong>
              <span className="code">{image}</span>
            </p>
            <ArrowRightOutlined className={styles.arrow} aria-hidden />
            <Field label={words.nextOf(name)} labelHidden problem={found && (asked || found.key !== 'imageMissing') && sentence(problems, found)}>
              {(control) => (
                <Input
                  {...control}
                  className="code"
                  autoFocus={i === 0}
                  autoComplete="off"
                  autoCapitalize="none"
                  spellCheck={false}
                  value={value}
                  ref={i === 0 ? first : undefined}
                  onPaste={(event) => {
                    const pasted = event.clipboardData.getData('text').trim();
                    if (!isWholeImage(pasted)) return;
                    event.preventDefault();
                    onChange({ ...typed, [name]: pasted });
                  }}
                  onChange={(event) => onChange({ ...typed, [name]: event.target.value })}
                />
              )}
            </Field>
          </div>
        );
      })}
      {asked && changedImages(containers, typed).length === 0 && <Alert type="warning" showIcon title={words.unchanged} role="alert" />}
      {/* Enter in a field sends the form. */}
      <button type="submit" hidden />
    </form>
  );
}

/** The containers whose image becomes another one. */
export function changedImages(containers: readonly ContainerImage[], typed: TypedImages): ContainerImage[] {
  return containers.flatMap(({ name, image }) => {
    const wanted = (typed[name] ?? image).trim();
    return wanted === image ? [] : [{ name, image: wanted }];
  });
}

/** Whether images can be sent: there is at least one, and each of them is an image. */
export function areImages(changed: readonly ContainerImage[]): boolean {
  return changed.length > 0 && changed.every(({ image }) => imageProblem(image) === undefined);
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
