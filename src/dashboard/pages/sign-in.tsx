import { useState } from 'preact/hooks';
import { signIn } from '../live/session.ts';

/** A token opens a session. It goes to the server once, and is kept nowhere in the browser. */
export function SignIn({ why }: { readonly why: string | null }) {
  const [refused, setRefused] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const { value } = form.elements.namedItem('token') as HTMLInputElement;
    setSending(true);
    setRefused(await signIn(value.trim()));
    setSending(false);
  };
  return (
    <form class="sign-in" onSubmit={(event) => void submit(event)}>
      <h1>Sign in to Serin</h1>
      {why !== null && (
        <p class="notice" role="status">
          {why}
        </p>
      )}
      <label for="token">Token</label>
      <input id="token" name="token" type="password" autocomplete="off" required autofocus />
      <p class="soft small">
        The first admin token is in the data folder, in <code>admin-token</code>; others are made by{' '}
        <code>serin token create</code>. A session lasts 12 hours.
      </p>
      {refused !== null && (
        <p class="notice bad" role="alert">
          Not signed in: {refused}
        </p>
      )}
      <button type="submit" disabled={isSending}>
        Sign in
      </button>
    </form>
  );
}
