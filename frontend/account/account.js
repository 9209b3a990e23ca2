import { ask, devices, enrol, say, t, showProblem, touch } from './api.js';

const roles = {
  admin: t('quản trị', 'administrator'),
  province_officer: t('cán bộ tỉnh', 'province officer'),
  locality_officer: t('cán bộ địa bàn', 'locality officer'),
  manager: t('ban quản lý chợ', "market's board"),
  merchant: t('tiểu thương', 'stall owner'),
  staff: t('người bán giúp', 'helper'),
  team: t('tổ công nghệ số', 'digital team'),
  auditor: t('kiểm toán', 'auditor'),
  integration: t('hệ thống', 'program'),
};
const time = new Intl.DateTimeFormat('vi', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Asia/Ho_Chi_Minh' });

// line returns a list item with two texts and a button.
function line(title, small, action, does) {
  const item = document.createElement('li');
  const text = document.createElement('span');
  text.append(title, Object.assign(document.createElement('small'), { textContent: small }));
  const button = Object.assign(document.createElement('button'), { textContent: action, className: 'second' });
  button.addEventListener('click', () => run(does));
  item.append(text, button);
  return item;
}

// run does something, asks for a proof if the API requires one, and shows errors.
async function run(does) {
  say('');
  try {
    await does();
  } catch (problem) {
    if (problem.code === 'sign_in')
      return location.replace(`/sign-in?next=/account&lang=${document.documentElement.lang}`);
    if (problem.code !== 'prove_again') return showProblem(problem);
    if (await prove()) return run(does);
  }
}

const dialog = document.getElementById('proof');

// prove asks for a proof of identity and reports whether it was given.
async function prove() {
  dialog.querySelector('form').reset();
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener('close', closed, { once: true }));
  if (!dialog.returnValue) return false;
  try {
    if (dialog.returnValue === 'passkey') {
      await ask('POST', '/api/v1/me/passkeys/proof', await touch('/api/v1/passkeys/challenge'));
    } else {
      const given = Object.fromEntries(new FormData(dialog.querySelector('form')));
      if (!given.code) delete given.code;
      await ask('POST', '/api/v1/sessions/current/proof', given);
    }
    return true;
  } catch (problem) {
    showProblem(problem);
    return false;
  }
}

async function show() {
  const me = await ask('GET', '/api/v1/me');
  document.getElementById('me').textContent = `${me.full_name || ''} (${roles[me.role] ?? me.role})`;
  document.getElementById('password-section').hidden = !me.has_password;
  const sessions = await ask('GET', '/api/v1/sessions');
  document.getElementById('sessions').replaceChildren(
    ...sessions.items.map((s) =>
      line(
        s.current ? t('Thiết bị này', 'This device') : s.device,
        `${s.address}, ${t('từ', 'since')} ${time.format(new Date(s.created_at))}`,
        s.current ? t('Đăng xuất', 'Sign out') : t('Ngắt', 'End'),
        async () => {
          await ask('DELETE', `/api/v1/sessions/${s.id}`);
          if (s.current) return location.replace(`/sign-in?lang=${document.documentElement.lang}`);
          await show();
        },
      ),
    ),
  );
  const passkeys = await ask('GET', '/api/v1/me/passkeys');
  document.getElementById('passkeys').replaceChildren(
    ...passkeys.items.map((p) =>
      line(
        p.name,
        p.used_at
          ? `${t('dùng lần cuối', 'last used')} ${time.format(new Date(p.used_at))}`
          : t('chưa dùng', 'never used'),
        t('Bỏ', 'Remove'),
        async () => {
          await ask('DELETE', `/api/v1/me/passkeys/${p.id}`);
          await show();
        },
      ),
    ),
  );
}

const add = document.getElementById('add-passkey');
add.hidden = !devices;
document.getElementById('proof-passkey').hidden = !devices;
add.addEventListener('click', () =>
  run(async () => {
    const made = await enrol('/api/v1/me/passkeys/challenge');
    await ask('POST', '/api/v1/me/passkeys', {
      ...made,
      name: navigator.userAgentData?.platform ?? navigator.platform ?? t('Máy này', 'This device'),
    });
    await show();
    say(t('Đã thêm khóa truy cập.', 'The passkey was added.'), true);
  }),
);

const password = document.getElementById('password');
password.addEventListener('submit', (event) => {
  event.preventDefault();
  run(async () => {
    const given = Object.fromEntries(new FormData(password));
    if (!given.code) delete given.code;
    await ask('PUT', '/api/v1/me/password', given);
    password.reset();
    await show();
    say(
      t(
        'Đã đổi mật khẩu. Các thiết bị khác đã bị đăng xuất.',
        'The password was changed. Your other devices are signed out.',
      ),
      true,
    );
  });
});

document.getElementById('sign-out').addEventListener('click', () =>
  run(async () => {
    await ask('DELETE', '/api/v1/sessions/current');
    location.replace(`/sign-in?lang=${document.documentElement.lang}`);
  }),
);

run(show);
