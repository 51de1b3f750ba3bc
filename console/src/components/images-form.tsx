import { Input } from 'antd';
import { useState } from 'react';
import type { ContainerImage } from '../api/types';
import { useMessages } from '../app/i18n';
import { imageProblem } from '../features/wizard/image';
import { problemMessages, sentence } from '../features/wizard/problem';
import styles from './images-form.module.css';
import { imagesMessages } from './images-messages';

interface Props {
  /** As they are now. */
  containers: readonly ContainerImage[];
  /** The containers whose image is another one now, and whether all that was typed is an image. */
  onChange: (changed: ContainerImage[], valid: boolean) => void;
}

/** A row for each container: what runs, and what shall run. */
export function ImagesForm({ containers, onChange }: Props) {
  const words = useMessages(imagesMessages);
  const problems = useMessages(problemMessages);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const imageOf = (container: ContainerImage, all = typed) => all[container.name] ?? container.image;

  const type = (container: ContainerImage, image: string) => {
    const next = { ...typed, [container.name]: image };
    setTyped(next);
    const wanted = containers.map((one) => ({ name: one.name, image: imageOf(one, next).trim() }));
    onChange(
      wanted.filter((one, i) => one.image !== containers[i]?.image),
      wanted.every((one) => !imageProblem(one.image)),
    );
  };
  return (
    <ul className={styles.rows}>
      {containers.map((container, i) => {
        const image = imageOf(container);
        const problem = imageProblem(image);
        const id = `image-${container.name}`;
        return (
          <li key={container.name}>
            <label className={styles.name} htmlFor={id}>
              {containers.length > 1 ? words.imageOf(container.name) : words.image}
            </label>
            <Input
              id={id}
              className="code"
              autoFocus={i === 0}
              spellCheck={false}
              autoComplete="off"
              maxLength={1024}
              value={image}
              status={problem && 'error'}
              aria-invalid={Boolean(problem)}
              aria-describedby={`${id}-note`}
              onChange={(event) => type(container, event.target.value)}
              onFocus={(event) => selectTag(event.target)}
            />
            <p id={`${id}-note`} className={styles.note} data-problem={Boolean(problem) || undefined}>
              {problem ? sentence(problems, problem) : image.trim() === container.image ? words.unchanged : words.now(container.image)}
            </p>
          </li>
        );
      })}
    </ul>
  );
}

/** Most people change the tag and nothing else. */
function selectTag(input: HTMLInputElement) {
  const colon = input.value.lastIndexOf(':');
  if (colon > input.value.lastIndexOf('/')) input.setSelectionRange(colon + 1, input.value.length);
}
