package staff

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// routes are the operations, and how people reach this server.
type routes struct {
	*Staff
	site web.Site
}

// Routes mounts the operations.
func (f *Staff) Routes(e *web.Edge, site web.Site) {
	r := &routes{f, site}
	op := web.Tagged("stall people")
	// Strangers: what signs them in.
	huma.Register(e.API, web.WithoutSignIn(op(http.MethodGet, "/api/v1/staff-sessions/choice", "who-may-sign-in-here",
		"Who may sign in on this device", 0)), r.counter)
	huma.Register(e.API, web.WithoutSignIn(op(http.MethodPost, "/api/v1/staff-sessions", "start-shift",
		"Start a shift with a PIN on an enrolled device; ends the merchant's own session on it",
		http.StatusCreated)), r.startShift)
	// The merchant: staff and devices of the own stall.
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/staff", "add-staff",
		"Add a seller with a PIN", http.StatusCreated), r.addSeller)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/staff", "list-staff", "The stall's staff", 0),
		r.listSellers)
	huma.Register(e.API, op(http.MethodPut, "/api/v1/stalls/{id}/staff/{staff}/pin", "change-pin",
		"Set a new PIN; ends their shift", http.StatusNoContent), r.changePIN)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/stalls/{id}/staff/{staff}", "remove-staff",
		"Remove staff; ends their shift", http.StatusNoContent), r.removeSeller)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/devices", "enrol-device",
		"Let staff sign in on the calling device: sets its cookie", http.StatusCreated), r.enrol)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/devices", "list-devices", "The stall's devices", 0),
		r.listDevices)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/stalls/{id}/devices/{device}", "revoke-device",
		"Revoke a device; ends the shifts on it", http.StatusNoContent), r.revokeDevice)
}

// checkName returns a name without spaces around it, and refuses an empty one.
func checkName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return "", problem.Of("name", "required", "Cần điền tên.", "The name is missing.")
	}
	return name, nil
}

type pinBody struct {
	PIN string `json:"pin" maxLength:"20" doc:"4 to 6 digits that are not easily guessed"`
}

func (r *routes) addSeller(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100"`
		PIN  string `json:"pin" maxLength:"20" doc:"4 to 6 digits that are not easily guessed"`
	}
},
) (*web.Body[Seller], error) {
	who, stall, err := in.Caller(ctx, "stall")
	if err != nil {
		return nil, err
	}
	name, err := checkName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	made, err := r.AddSeller(ctx, who, stall, name, in.Body.PIN)
	if err != nil {
		return nil, err
	}
	return web.Answer(*made, nil)
}

func (r *routes) listSellers(ctx context.Context, in *web.Named) (*web.Body[web.List[Seller]], error) {
	who, stall, err := in.Caller(ctx, "stall")
	if err != nil {
		return nil, err
	}
	items, err := r.Sellers(ctx, who, stall)
	return web.Answer(web.List[Seller]{Items: items}, err)
}

// NamedStaff is the path of one of a stall's staff.
type NamedStaff struct {
	web.Named
	Staff string `path:"staff"`
}

func (n NamedStaff) callerAndSeller(ctx context.Context) (who roles.Principal, stall, seller uuid.UUID, err error) {
	if who, stall, err = n.Caller(ctx, "stall"); err == nil {
		seller, err = web.Named{ID: n.Staff}.UUID("seller")
	}
	return who, stall, seller, err
}

func (r *routes) changePIN(ctx context.Context, in *struct {
	NamedStaff
	Body pinBody
},
) (*struct{}, error) {
	who, stall, seller, err := in.callerAndSeller(ctx)
	if err != nil {
		return nil, err
	}
	return nil, r.ChangePIN(ctx, who, stall, seller, in.Body.PIN)
}

func (r *routes) removeSeller(ctx context.Context, in *NamedStaff) (*struct{}, error) {
	who, stall, seller, err := in.callerAndSeller(ctx)
	if err != nil {
		return nil, err
	}
	return nil, r.RemoveSeller(ctx, who, stall, seller)
}

type enrolledDevice struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      StallDevice
}

func (r *routes) enrol(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100" example:"Điện thoại ở quầy"`
	}
},
) (*enrolledDevice, error) {
	who, stall, err := in.Caller(ctx, "stall")
	if err != nil {
		return nil, err
	}
	name, err := checkName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	made, token, err := r.Enrol(ctx, who, stall, name)
	if err != nil {
		return nil, err
	}
	return &enrolledDevice{web.NewCookie(deviceCookie, token, deviceLasts), *made}, nil
}

func (r *routes) listDevices(ctx context.Context, in *web.Named) (*web.Body[web.List[StallDevice]], error) {
	who, stall, err := in.Caller(ctx, "stall")
	if err != nil {
		return nil, err
	}
	items, err := r.Devices(ctx, who, stall)
	return web.Answer(web.List[StallDevice]{Items: items}, err)
}

func (r *routes) revokeDevice(ctx context.Context, in *struct {
	web.Named
	Device string `path:"device"`
},
) (*struct{}, error) {
	who, stall, err := in.Caller(ctx, "stall")
	if err != nil {
		return nil, err
	}
	device, err := web.Named{ID: in.Device}.UUID("device")
	if err != nil {
		return nil, err
	}
	return nil, r.RevokeDevice(ctx, who, stall, device)
}

// OnDevice is a request of a device that a merchant enrolled; embed it in a huma input.
type OnDevice struct {
	Token string `cookie:"__Host-m40-stall" maxLength:"100"`
}

func (r *routes) counter(ctx context.Context, in *OnDevice) (*web.Body[Counter], error) {
	at, err := r.Counter(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	return web.Answer(*at, nil)
}

func (r *routes) startShift(ctx context.Context, in *struct {
	web.Visitor
	OnDevice
	Body struct {
		StaffID string `json:"staff_id" maxLength:"36"`
		PIN     string `json:"pin" minLength:"1" maxLength:"20"`
	}
},
) (*signin.SignedIn, error) {
	if err := r.site.AllowSignIn(in.Visitor); err != nil {
		return nil, err
	}
	seller, err := uuid.Parse(in.Body.StaffID)
	if err != nil {
		seller = uuid.Nil // unknown: refused as a wrong PIN is
	}
	token, session, err := r.StartShift(ctx, in.Token, seller, in.Body.PIN, signin.VisitOf(in.Visitor))
	if err != nil {
		return nil, err
	}
	// The session that this browser held before, the merchant's as a rule, does not lie behind the
	// shift.
	if before, err := roles.From(ctx); err == nil && before.SessionID != nil {
		if err := r.people.EndSession(ctx, before, *before.SessionID); err != nil &&
			!errors.Is(err, problem.Missing("session")) {
			return nil, err
		}
	}
	return &signin.SignedIn{SetCookie: signin.CookieOf(roles.Staff, token), Body: *session}, nil
}
