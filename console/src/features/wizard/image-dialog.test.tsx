import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it, vi } from 'vitest';
import type { ContainerImage } from '../../api/types';
import { renderConsole } from '../../test/render';
import { ImageDialog } from './image-dialog';

const containers: ContainerImage[] = [
  { name: 'app', image: 'registry.example.com/shop:v1' },
  { name: 'proxy', image: 'envoy:v1' },
];

function Owner({ onOk, problem }: { onOk: (changed: ContainerImage[]) => void; problem?: string }) {
  const [images, setImages] = useState<Record<string, string>>({});
  return <ImageDialog name="shop" containers={containers} images={images} onChange={setImages} onCancel={() => {}} onOk={onOk} problem={problem} />;
}

describe('ImageDialog', () => {
  it('asks for one image a container and gives back only those that change', async () => {
    const onOk = vi.fn();
    renderConsole(<Owner onOk={onOk} />);
    const user = userEvent.setup();
    const app = await screen.findByRole('textbox', { name: 'New image of container app' });
    expect(screen.getByRole('textbox', { name: 'New image of container proxy' })).toHaveValue('envoy:v1');
    await user.clear(app);
    await user.type(app, 'registry.example.com/shop:v2 ');
    await user.click(screen.getByRole('button', { name: 'OK' }));
    expect(onOk).toHaveBeenCalledExactlyOnceWith([{ name: 'app', image: 'registry.example.com/shop:v2' }]);
  });

  it('takes a whole image that is pasted in place of the one there, and a tag where the cursor is', async () => {
    renderConsole(<Owner onOk={() => {}} />);
    const user = userEvent.setup();
    const app = await screen.findByRole<HTMLInputElement>('textbox', { name: 'New image of container app' });
    await user.click(app);
    await user.paste('mirror.example.com/shop:v3');
    expect(app).toHaveValue('mirror.example.com/shop:v3');
    app.setSelectionRange(app.value.length - 2, app.value.length);
    await user.paste('v4');
    expect(app).toHaveValue('mirror.example.com/shop:v4');
  });

  it('asks for at least one change, and for images that are some', async () => {
    const onOk = vi.fn();
    renderConsole(<Owner onOk={onOk} />);
    const user = userEvent.setup();
    const app = await screen.findByRole('textbox', { name: 'New image of container app' });
    await user.click(screen.getByRole('button', { name: 'OK' }));
    expect(screen.getByRole('alert')).toHaveTextContent('Change at least one image');
    await user.type(app, ' x');
    expect(app).toHaveAccessibleDescription('An image reference can’t have spaces.');
    await user.click(screen.getByRole('button', { name: 'OK' }));
    expect(onOk).not.toHaveBeenCalled();
  });

  it('shows why the request failed and keeps what was typed', async () => {
    renderConsole(<Owner onOk={() => {}} problem="The task is being handed back." />);
    expect(await screen.findByRole('alert')).toHaveTextContent('The task is being handed back.');
  });
});
