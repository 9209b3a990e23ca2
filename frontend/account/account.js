import { ask, devices, enrol, say, tell, touch } from './api.js';

const roles = {
  admin: 'quản trị', province_officer: 'cán bộ tỉnh', locality_officer: 'cán bộ địa bàn', manager: 'ban quản lý chợ',
  merchant: 'tiểu thương', staff: 'người bán giúp', team: 'tổ công nghệ số', auditor: 'kiểm toán', integration: 'hệ thống',
};
const time = new Intl.DateTimeFormat('vi', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Asia/Ho_Chi_Minh' });

// line is a list's line of two texts and a button.
function line(title, small, action, does) {
  const item = document.createElement('li');
  const text = document.createElement('span');
  text.append(title, Object.assign(document.createElement('small'), { textContent: small }));
  const button = Object.assign(document.createElement('button'), { textContent: action, className: 'second' });
  button.addEventListener('click', () => run(does));
  item.append(text, button);
  return item;
}

// run does something, asks for a proof when one is wanted, and shows what went wrong.
async function run(does) {
  say('');
  try {
    await does();
  } catch (problem) {
    if (problem.code === 'sign_in') return location.replace('/sign-in?next=/account');
    if (problem.code !== 'prove_again') return tell(problem);
    if (await prove()) return run(does);
  }
}

const dialog = document.getElementById('proof');

// prove asks who is there, and says whether that was told.
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
    tell(problem);
    return false;
  }
}

async function show() {
  const me = await ask('GET', '/api/v1/me');
  document.getElementById('me').textContent = `${me.full_name || ''} (${roles[me.role] ?? me.role})`;
  document.getElementById('password-section').hidden = !me.has_password;
  const sessions = await ask('GET', '/api/v1/sessions');
  document.getElementById('sessions').replaceChildren(...sessions.items.map((s) => line(
    s.current ? 'Thiết bị này' : s.device, `${s.address}, từ ${time.format(new Date(s.created_at))}`, s.current ? 'Đăng xuất' : 'Ngắt',
    async () => {
      await ask('DELETE', `/api/v1/sessions/${s.id}`);
      if (s.current) return location.replace('/sign-in');
      await show();
    })));
  const passkeys = await ask('GET', '/api/v1/me/passkeys');
  document.getElementById('passkeys').replaceChildren(...passkeys.items.map((p) => line(
    p.name, p.used_at ? `dùng lần cuối ${time.format(new Date(p.used_at))}` : 'chưa dùng', 'Bỏ',
    async () => {
      await ask('DELETE', `/api/v1/me/passkeys/${p.id}`);
      await show();
    })));
}

const add = document.getElementById('add-passkey');
add.hidden = !devices;
document.getElementById('proof-passkey').hidden = !devices;
add.addEventListener('click', () => run(async () => {
  const made = await enrol('/api/v1/me/passkeys/challenge');
  await ask('POST', '/api/v1/me/passkeys', { ...made, name: navigator.userAgentData?.platform ?? navigator.platform ?? 'Máy này' });
  await show();
  say('Đã thêm khóa truy cập.', true);
}));

const password = document.getElementById('password');
password.addEventListener('submit', (event) => {
  event.preventDefault();
  run(async () => {
    const given = Object.fromEntries(new FormData(password));
    if (!given.code) delete given.code;
    await ask('PUT', '/api/v1/me/password', given);
    password.reset();
    await show();
    say('Đã đổi mật khẩu. Các thiết bị khác đã bị đăng xuất.', true);
  });
});

document.getElementById('sign-out').addEventListener('click', () => run(async () => {
  await ask('DELETE', '/api/v1/sessions/current');
  location.replace('/sign-in');
}));

run(show);
