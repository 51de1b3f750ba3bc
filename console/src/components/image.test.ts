import { describe, expect, it } from 'vitest';
import { imageProblem, splitImage } from './image';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('imageProblem', () => {
  it.each([
    'nginx',
    'nginx:1.27',
    'docker.io/workbench-demo/app:v2',
    'localhost:5000/a/b_c/d__e:x.y-z',
    `registry.example.com/shop@${digest}`,
    `registry.example.com/shop:v2@${digest}`,
    '[::1]:5000/shop:v2',
  ])('accepts %s', (image) => {
    expect(imageProblem(image)).toBeUndefined();
  });

  it.each([
    ['', 'imageMissing'],
    ['   ', 'imageMissing'],
    ['shop: v2', 'imageSpace'],
    ['Shop:v2', 'imageForm'],
    ['shop:', 'imageForm'],
    ['shop@sha256:123', 'imageForm'],
    ['https://registry.example.com/shop:v2', 'imageForm'],
    ['a'.repeat(1025), 'imageTooLong'],
  ])('refuses %j', (image, key) => {
    expect(imageProblem(image)?.key).toBe(key);
  });
});

describe('splitImage', () => {
  it.each([
    ['registry:5000/shop/app:v2', 'registry:5000/shop/app', 'v2'],
    ['registry:5000/shop/app', 'registry:5000/shop/app', 'latest'],
    [`shop:v2@${digest}`, 'shop', 'v2'],
    [`shop@${digest}`, 'shop', digest],
  ])('splits %s', (image, repository, version) => {
    expect(splitImage(image)).toEqual({ repository, version });
  });
});
