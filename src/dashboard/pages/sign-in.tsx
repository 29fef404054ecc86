import { useEffect, useState } from 'preact/hooks';
import { ask } from '../live/requests.ts';
import { leave, signIn } from '../live/session.ts';
import { Modal } from '../modal.tsx';
import type { SignInView } from '../views.ts';

/** The page of somebody who is not signed in. */
export function SignIn() {
  return (
    <div class="sign-in">
      <h1>Sign in to Serin</h1>
      <TokenForm />
    </div>
  );
}

/** Over the page of somebody whose session has ended: what they were doing is below, and goes on. */
export function SignInAgain({ name }: { readonly name: string }) {
  return (
    <Modal titleId="again" onCancel={() => {}}>
      <div class="sign-in">
        <h2 id="again">Sign in again</h2>
        <p class="notice" role="status">
          The session of {name} has ended. What is below is from before, and stays; nothing more is read.
        </p>
        <TokenForm />
        <button type="button" class="quiet" onClick={leave}>
          Leave, and clear the page
        </button>
      </div>
    </Modal>
  );
}

/** The way to the OpenID provider, where there is one, and back to this page. */
function ProviderLink() {
  const [label, setLabel] = useState<string>();
  useEffect(() => {
    void ask<SignInView>('/sign-in').then((answer) => answer.kind === 'ok' && setLabel(answer.data.oidc?.label));
  }, []);
  const to = encodeURIComponent(location.pathname + location.search);
  return label === undefined ? null : <a href={`/auth/oidc/start?to=${to}`}>Sign in with {label}</a>;
}

/** A token opens a session. It goes to the server once, and is kept nowhere in the browser. */
function TokenForm() {
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
    <form class="sign-in-form" onSubmit={(event) => void submit(event)}>
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
      <ProviderLink />
    </form>
  );
}
