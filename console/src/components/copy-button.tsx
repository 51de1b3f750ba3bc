import { CheckOutlined, CopyOutlined } from '@ant-design/icons';
import { App, Button } from 'antd';
import { useState } from 'react';
import { useMessages } from '../app/i18n';
import { commonMessages } from '../app/messages';

interface Props {
  text: string;
  /** What is copied, for screen readers and on hover; "Copy" when absent. */
  label?: string;
  /** With a word beside the picture. */
  worded?: boolean;
}

/** Copies a text, and says whether it worked. */
export function CopyButton({ text, label, worded = false }: Props) {
  const words = useMessages(commonMessages);
  const { message } = App.useApp();
  const [copied, setCopied] = useState(false);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      message.success(words.copied);
    } catch {
      message.warning(words.copyFailed);
    }
  }

  const name = label ?? words.copy;
  return (
    <Button
      type={worded ? 'default' : 'text'}
      size={worded ? 'middle' : 'small'}
      icon={copied ? <CheckOutlined aria-hidden /> : <CopyOutlined aria-hidden />}
      aria-label={worded ? undefined : name}
      title={name}
      onClick={() => void copy()}
      onBlur={() => setCopied(false)}
    >
      {worded ? (copied ? words.copied : name) : null}
    </Button>
  );
}
