package phonecodes

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/phones"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// routes are the operations, and how people reach this server.
type routes struct {
	*Codes
	site web.Site
}

// Routes mounts the operations.
func (c *Codes) Routes(e *web.Edge, site web.Site) {
	r := &routes{c, site}
	op := web.Tagged("stall people")
	huma.Register(e.API, web.WithoutSignIn(op(
		http.MethodPost,
		"/api/v1/phone-codes",
		"ask-phone-code",
		"Send a code to a merchant's phone; the answer does not reveal whether it is registered",
		http.StatusAccepted,
	)), r.sendCode)
	huma.Register(e.API, web.WithoutSignIn(op(http.MethodPost, "/api/v1/phone-sessions", "sign-in-by-phone",
		"Sign in with the code from a phone; opens the merchant's session", http.StatusCreated)), r.signIn)
	huma.Register(e.API, web.WithoutSignIn(op(http.MethodPost, "/api/v1/phone-sessions/choice", "who-shares-phone",
		"List who shares a phone, for who knows its code", http.StatusOK)), r.listSharers)
}

// Phoned is a phone as its owner types it; embed it in a body.
type Phoned struct {
	Phone string `json:"phone" minLength:"1" maxLength:"30" example:"0912345678"`
}

// parse returns the phone in its one form, as the register stores it.
func (p Phoned) parse() (string, error) {
	phone, ok := phones.Normalize(p.Phone)
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

// visitOf returns where a visitor comes from.
func visitOf(v web.Visitor, b KnownBrowser) Visit {
	return Visit{Visit: signin.VisitOf(v), Cookie: b.PhoneCookie}
}

// codeSent is the answer for any phone, registered or not.
type codeSent struct {
	ExpiresIn   int `json:"expires_in" doc:"seconds for which a code is valid"`
	ResendAfter int `json:"resend_after" doc:"seconds until another code can be requested; before that, nothing is sent"`
}

func (r *routes) sendCode(ctx context.Context, in *struct {
	web.Visitor
	KnownBrowser
	Body Phoned
},
) (*web.Body[codeSent], error) {
	if err := r.site.AllowSignIn(in.Visitor); err != nil {
		return nil, err
	}
	phone, err := in.Body.parse()
	if err != nil {
		return nil, err
	}
	if err := r.SendCode(ctx, phone, visitOf(in.Visitor, in.KnownBrowser)); err != nil {
		return nil, err
	}
	return web.Answer(codeSent{
		int(Lasts / time.Second),
		int(ResendAfter / time.Second),
	}, nil)
}

func (r *routes) signIn(ctx context.Context, in *struct {
	web.Visitor
	KnownBrowser
	Body struct {
		Phoned
		Code       string `json:"code" pattern:"^[0-9]{6}$" doc:"the six digits of the message"`
		MerchantID string `json:"merchant_id,omitempty" maxLength:"36" doc:"the person who signs in, if several share the phone (409 choose_person)"`
	}
},
) (*signedIn, error) {
	if err := r.site.AllowSignIn(in.Visitor); err != nil {
		return nil, err
	}
	phone, err := in.Body.parse()
	if err != nil {
		return nil, err
	}
	from := visitOf(in.Visitor, in.KnownBrowser)
	if in.Body.MerchantID != "" {
		if from.Merchant, err = uuid.Parse(in.Body.MerchantID); err != nil {
			return nil, problem.Of("merchant_id", "merchant_unknown", "Không tìm thấy người này.", "No such person.")
		}
	}
	token, session, err := r.SignIn(ctx, phone, in.Body.Code, from)
	if err != nil {
		return nil, err
	}
	known := web.NewCookie(browserCookie, r.KnownPhone(phone), cookieLasts)
	return &signedIn{[]http.Cookie{signin.CookieOf(roles.Merchant, token), known}, *session}, nil
}

// phonePeople are those who share a phone.
type phonePeople struct {
	People []PhonePerson `json:"people"`
}

// listSharers returns who may sign in by a phone, to a caller who knows its code.
func (r *routes) listSharers(ctx context.Context, in *struct {
	web.Visitor
	KnownBrowser
	Body struct {
		Phoned
		Code string `json:"code" pattern:"^[0-9]{6}$" doc:"the six digits of the message"`
	}
},
) (*web.Body[phonePeople], error) {
	if err := r.site.AllowSignIn(in.Visitor); err != nil {
		return nil, err
	}
	phone, err := in.Body.parse()
	if err != nil {
		return nil, err
	}
	people, err := r.Sharers(ctx, phone, in.Body.Code, visitOf(in.Visitor, in.KnownBrowser))
	if err != nil {
		return nil, err
	}
	return web.Answer(phonePeople{people}, nil)
}

// signedIn opens a session and marks the browser as one on which the phone's owner signed
// in.
type signedIn struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      signin.Session
}
