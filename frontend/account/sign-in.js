import { ask, devices, say, tell, touch } from './api.js';

// next is where to go afterwards: a page of ours that was wanted, or the usual one.
function next(usual = '/account') {
  const wanted = new URL(new URLSearchParams(location.search).get('next') ?? usual, location.origin);
  return wanted.origin === location.origin && !wanted.pathname.startsWith('/api/') ? wanted.pathname + wanted.search + wanted.hash : usual;
}

// Why a provider's sign-in led back here.
const refusals = {
  no_role: 'Tài khoản này chưa được giao vai trò nào ở đây.',
  second_factor_missing: 'Tài khoản cần xác thực hai lớp ở hệ thống đăng nhập.',
  account_closed: 'Tài khoản này đã bị khóa.',
  provider_away: 'Hệ thống đăng nhập kia không trả lời, xin thử lại.',
};
const refused = new URLSearchParams(location.search).get('refused');
if (refused) say(refusals[refused] ?? 'Đăng nhập không thành công, hãy thử lại.');

const form = document.getElementById('password');
const code = document.getElementById('code');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  say('');
  const given = Object.fromEntries(new FormData(form));
  if (!given.code) delete given.code;
  try {
    await ask('POST', '/api/v1/sessions', given);
    location.replace(next());
  } catch (problem) {
    tell(problem);
    if (problem.code === 'second_factor') {
      code.hidden = false;
      form.code.focus();
    } else {
      form.code.value = '';
    }
  }
});

// A stall owner asks for a code by message, then types it.
const phone = document.getElementById('phone');
const again = document.getElementById('again');

async function sendCode() {
  say('');
  try {
    const sent = await ask('POST', '/api/v1/phone-codes', { phone: phone.phone.value });
    phone.code.disabled = document.getElementById('sms').hidden = false;
    phone.code.value = '';
    phone.code.focus();
    phone.querySelector('button').textContent = 'Vào sạp';
    again.hidden = true;
    setTimeout(() => { again.hidden = false; }, sent.resend_after * 1000);
    say('Nếu số này đã đăng ký, mã sẽ đến trong ít phút.', true);
  } catch (problem) {
    tell(problem);
  }
}

phone.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (phone.code.disabled) return sendCode();
  say('');
  try {
    await ask('POST', '/api/v1/phone-sessions', { phone: phone.phone.value, code: phone.code.value });
    location.replace(next('/stall/'));
  } catch (problem) {
    phone.code.value = '';
    tell(problem);
  }
});

// Another number wants another code.
phone.phone.addEventListener('input', () => {
  phone.code.disabled = document.getElementById('sms').hidden = again.hidden = true;
  phone.querySelector('button').textContent = 'Gửi mã cho tôi';
});
again.addEventListener('click', sendCode);

const passkey = document.getElementById('passkey');
passkey.hidden = !devices;
passkey.addEventListener('click', async () => {
  say('');
  try {
    await ask('POST', '/api/v1/passkeys/sessions', await touch('/api/v1/passkeys/challenge'));
    location.replace(next());
  } catch (problem) {
    tell(problem);
  }
});

for (const way of document.querySelectorAll('[data-way]')) way.search = new URLSearchParams({ return_to: next() });
