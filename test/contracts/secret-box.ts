import { describe, expect, it } from 'vitest';
import { type SecretBox, SecretNotOpened } from '../../lib/ports/secret-box.ts';

/** What every `SecretBox` promises. */
export function secretBoxContract(name: string, make: () => Promise<SecretBox>): void {
  describe(`${name}: a box of secrets`, () => {
    it('opens what it has sealed, and each time seals it differently', async () => {
      const box = await make();
      const sealed = await Promise.all(['', 'a secret', 'ä☃𝄞'.repeat(100)].map((one) => box.seal(one, 'test')));
      expect(await Promise.all(sealed.map((one) => box.open(one, 'test')))).toEqual([
        '',
        'a secret',
        'ä☃𝄞'.repeat(100),
      ]);
      expect(await box.seal('a secret', 'test')).not.toBe(sealed[1]);
      expect(sealed.join(' ')).not.toContain('secret');
    });

    it('opens nothing for another purpose, nothing that was changed, and nothing of another box', async () => {
      const box = await make();
      const sealed = await box.seal('a secret', 'test');
      await expect(box.open(sealed, 'other')).rejects.toThrow(SecretNotOpened);
      for (let i = 0; i < sealed.length; i += 1) {
        const changed = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'B' : 'A'}${sealed.slice(i + 1)}`;
        await expect(box.open(changed, 'test')).rejects.toThrow(SecretNotOpened);
      }
      for (const cut of ['', sealed.slice(0, 10), sealed.slice(0, -1)]) {
        await expect(box.open(cut, 'test')).rejects.toThrow(SecretNotOpened);
      }
      await expect((await make()).open(sealed, 'test')).rejects.toThrow(SecretNotOpened);
    });
  });
}
