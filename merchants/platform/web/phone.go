package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

// Stalls signs in stall owners and their staff: by a code to a registered phone, an invitation on
// paper, or a PIN on a device that the owner enrolled.
type Stalls struct {
	*SignIn
	Codes *signin.PhoneCodes
	// Phone is a phone in its one form, as the register keeps it.
	Phone func(text string) (phone string, ok bool)
}

// Routes mounts the table of routes.
func (s *Stalls) Routes(e *Edge) {
	op := func(method, path, id, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
			Tags: []string{"stall people"},
		}
	}
	open := func(o huma.Operation) huma.Operation {
		o.Security = []map[string][]string{{}}
		return o
	}
	// Strangers: what signs them in.
	huma.Register(e.API, open(op(
		http.MethodPost,
		"/api/v1/phone-codes",
		"ask-phone-code",
		"Gửi mã đăng nhập: a code to a merchant's registered phone; the answer does not reveal whether it is registered",
		http.StatusAccepted,
	)), s.sendCode)
	huma.Register(e.API, open(op(http.MethodPost, "/api/v1/phone-sessions", "sign-in-by-phone",
		"Đăng nhập bằng mã: opens the merchant's session", http.StatusCreated)), s.signInByPhone)
	huma.Register(e.API, open(op(
		http.MethodPost,
		"/api/v1/phone-sessions/choice",
		"who-shares-phone",
		"Ai dùng chung số này: who may sign in by a phone, to whoever knows its code",
		http.StatusOK,
	)), s.listPhoneUsers)
	huma.Register(e.API, open(op(http.MethodGet, "/api/v1/staff-sessions/choice", "who-may-sign-in-here",
		"Who may sign in on this device", 0)), s.counter)
	huma.Register(e.API, open(op(http.MethodPost, "/api/v1/staff-sessions", "start-shift",
		"Vào ca: a PIN on a device that the merchant enrolled; ends the merchant's own session on it",
		http.StatusCreated)), s.startShift)
	s.invitationPages(e)

	// Admins and managers: invitations for a stall's present merchant.
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/invitations", "invite-merchant",
		"Mã mời: a one-use QR code by which the stall's merchant signs in", http.StatusCreated), s.invite)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/invitations", "list-invitations",
		"Invitations of the stall's present merchant, newest first", 0), s.listInvitations)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/stalls/{id}/invitations/{invitation}", "revoke-invitation",
		"Revoke an invitation that was not used", http.StatusNoContent), s.uninvite)

	// The merchant: staff and devices of the own stall.
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/staff", "add-staff",
		"Thêm người bán: staff with a PIN", http.StatusCreated), s.addSeller)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/staff", "list-staff", "The stall's staff", 0),
		s.listSellers)
	huma.Register(e.API, op(http.MethodPut, "/api/v1/stalls/{id}/staff/{staff}/pin", "change-pin",
		"Set a new PIN; ends their shift", http.StatusNoContent), s.changePIN)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/stalls/{id}/staff/{staff}", "remove-staff",
		"Remove staff; ends their shift", http.StatusNoContent), s.removeSeller)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/devices", "enrol-device",
		"Let staff sign in on the calling device: sets its cookie", http.StatusCreated), s.enrol)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/devices", "list-devices", "The stall's devices", 0),
		s.listDevices)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/stalls/{id}/devices/{device}", "revoke-device",
		"Revoke a device; ends the shifts on it", http.StatusNoContent), s.revokeDevice)
}

// visit returns where a visitor comes from.
func (v Visitor) visit() signin.Visit { return signin.Visit{Address: v.address, Device: v.device} }

// Phoned is a phone as its owner types it; embed it in a body.
type Phoned struct {
	Phone string `json:"phone" minLength:"1" maxLength:"30" example:"0912345678"`
}

func (s *Stalls) phone(p Phoned) (string, error) {
	phone, ok := s.Phone(p.Phone)
	if !ok {
		return "", problem.Of("phone", "phone_form", "Số điện thoại chưa đúng, ví dụ 0912345678.",
			"The phone number is not valid: expected a Vietnamese one, such as 0912345678.")
	}
	return phone, nil
}

// KnownBrowser is a request of a browser on which a merchant may have signed in by phone before;
// embed it in a huma input.
type KnownBrowser struct {
	PhoneCookie string `cookie:"__Host-m40-phone" maxLength:"200"`
}

// phoneVisit returns where a visitor to a phone's sign-in comes from.
func phoneVisit(v Visitor, b KnownBrowser) signin.Visit {
	at := v.visit()
	at.PhoneCookie = b.PhoneCookie
	return at
}

// codeSent is the answer for any phone, registered or not.
type codeSent struct {
	ExpiresIn   int `json:"expires_in" doc:"seconds for which a code is valid"`
	ResendAfter int `json:"resend_after" doc:"seconds until another code can be requested; before that, nothing is sent"`
}

func (s *Stalls) sendCode(ctx context.Context, in *struct {
	Visitor
	KnownBrowser
	Body Phoned
},
) (*Body[codeSent], error) {
	if err := s.refuseForeignSite(in.Visitor); err != nil {
		return nil, err
	}
	phone, err := s.phone(in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.Codes.SendCode(ctx, phone, phoneVisit(in.Visitor, in.KnownBrowser)); err != nil {
		return nil, err
	}
	return Answer(codeSent{
		int(signin.CodeLasts / time.Second),
		int(signin.ResendAfter / time.Second),
	}, nil)
}

func (s *Stalls) signInByPhone(ctx context.Context, in *struct {
	Visitor
	KnownBrowser
	Body struct {
		Phoned
		Code       string `json:"code" pattern:"^[0-9]{6}$" doc:"the six digits of the message"`
		MerchantID string `json:"merchant_id,omitempty" maxLength:"36" doc:"the person who signs in, if several share the phone (409 choose_person)"`
	}
},
) (*signedInByPhone, error) {
	if err := s.refuseForeignSite(in.Visitor); err != nil {
		return nil, err
	}
	phone, err := s.phone(in.Body.Phoned)
	if err != nil {
		return nil, err
	}
	from := phoneVisit(in.Visitor, in.KnownBrowser)
	if in.Body.MerchantID != "" {
		if from.Merchant, err = uuid.Parse(in.Body.MerchantID); err != nil {
			return nil, problem.Of("merchant_id", "merchant_unknown", "Không tìm thấy người này.", "No such person.")
		}
	}
	token, session, err := s.People.SignInByPhone(ctx, phone, in.Body.Code, from)
	if err != nil {
		return nil, err
	}
	known := http.Cookie{
		Name: signin.PhoneCookie, Value: s.People.KnownPhone(phone), Path: "/",
		MaxAge: int(signin.PhoneCookieLasts.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	return &signedInByPhone{[]http.Cookie{sessionCookie(roles.Merchant, token), known}, *session}, nil
}

// phonePeople are those who share a phone.
type phonePeople struct {
	People []signin.PhonePerson `json:"people"`
}

// listPhoneUsers returns who may sign in by a phone, to a caller who knows its code.
func (s *Stalls) listPhoneUsers(ctx context.Context, in *struct {
	Visitor
	KnownBrowser
	Body struct {
		Phoned
		Code string `json:"code" pattern:"^[0-9]{6}$" doc:"the six digits of the message"`
	}
},
) (*Body[phonePeople], error) {
	if err := s.refuseForeignSite(in.Visitor); err != nil {
		return nil, err
	}
	phone, err := s.phone(in.Body.Phoned)
	if err != nil {
		return nil, err
	}
	people, err := s.People.ListPhoneUsers(ctx, phone, in.Body.Code, phoneVisit(in.Visitor, in.KnownBrowser))
	if err != nil {
		return nil, err
	}
	return Answer(phonePeople{people}, nil)
}

// signedInByPhone opens a session and marks the browser as one on which the phone's owner signed
// in.
type signedInByPhone struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      signin.Session
}

// sessionCookie carries a session of a role for as long as it may last.
func sessionCookie(role roles.Role, token string) http.Cookie {
	_, absolute := signin.LimitsOf(role)
	return newSessionCookie(token, int(absolute.Seconds()))
}
