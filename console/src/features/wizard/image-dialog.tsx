import { Alert, Modal } from 'antd';
import { useState, type ReactNode } from 'react';
import type { ContainerImage } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { commonMessages } from '../../app/messages';
import { areImages, changedImages, ImagesForm, type TypedImages } from '../../components/images-form';
import { imageMessages } from './messages';

interface Props {
  /** Name of the task. */
  name: string;
  containers: readonly ContainerImage[];
  /** What was typed; the dialog's owner keeps it, so that nothing is lost when the dialog closes. */
  images: TypedImages;
  onChange: (images: TypedImages) => void;
  onCancel: () => void;
  /** Gets the containers whose image changes. */
  onOk: (changed: ContainerImage[]) => void;
  busy?: boolean;
  /** Why the request did not work. */
  problem?: ReactNode;
}

/** Asks for the images of the first release of a task. */
export function ImageDialog({ name, containers, images, onChange, onCancel, onOk, busy = false, problem }: Props) {
  const words = useMessages(imageMessages);
  const common = useMessages(commonMessages);
  const [asked, setAsked] = useState(false);
  const [opened, setOpened] = useState(false);

  function submit() {
    if (busy) return;
    setAsked(true);
    const changed = changedImages(containers, images);
    if (areImages(changed)) onOk(changed);
  }

  return (
    <Modal
      open
      title={words.title(name)}
      width={680}
      okText={words.ok}
      cancelText={common.cancel}
      confirmLoading={busy}
      onCancel={onCancel}
      onOk={submit}
      mask={{ closable: false }}
      closable={{ 'aria-label': common.close }}
      afterOpenChange={setOpened}
    >
      <p className="soft">{words.lead}</p>
      <ImagesForm containers={containers} typed={images} onChange={onChange} opened={opened} asked={asked} onSubmit={submit} />
      {problem && <Alert type="error" showIcon title={problem} role="alert" />}
    </Modal>
  );
}
