// Calls of the API, and passkeys of this device.

// t returns a sentence in the page's language.
export const t = (vi, en) => (document.documentElement.lang === 'en' ? en : vi);

// ask calls the API and returns its answer; a refusal is thrown as its problem.
export async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: {
        'Accept-Language': document.documentElement.lang,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
    });
  } catch {
    throw { code: 'offline', detail: t('Mất mạng, hãy thử lại.', 'No connection, please try again.') };
  }
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw value ?? { code: 'failed', detail: `${t('Lỗi', 'Error')} ${answer.status}.` };
  return value;
}

const message = document.getElementById('message');

// say shows a sentence; screen readers read it aloud.
export function say(text, good = false) {
  message.textContent = text;
  message.className = good ? 'good' : 'bad';
  message.hidden = !text;
}

// showProblem shows what a problem says; a device that was refused by its user says nothing.
export function showProblem(problem) {
  if (problem?.name === 'NotAllowedError')
    return say(t('Bạn chưa xác nhận trên thiết bị.', 'You did not confirm on the device.'));
  say(problem?.errors?.[0]?.detail ?? problem?.detail ?? String(problem));
}

// devices reports whether this browser supports passkeys, which need a host with a name.
export const devices =
  Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON) && !/^[\d.]+$|:/.test(location.hostname);

// touch asks a device to prove its user, and returns the body to send back.
export async function touch(challenge) {
  const begun = await ask('POST', challenge, {});
  const made = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(begun.options),
  });
  return { ceremony: begun.ceremony, response: made.toJSON() };
}

// enrol asks this device for a new passkey, and returns the body to send back.
export async function enrol(challenge) {
  const begun = await ask('POST', challenge, {});
  const made = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(begun.options),
  });
  return { ceremony: begun.ceremony, response: made.toJSON() };
}
