package signin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// users are the routes by which admins manage people and programs.
type users struct {
	people *People
	keys   *APIKeys
}

// UserRoutes mounts the management of users and API keys.
func UserRoutes(e *web.Edge, people *People, keys *APIKeys) {
	u := &users{people, keys}
	op := web.Tagged("users")
	huma.Register(e.API, op(http.MethodGet, "/api/v1/users", "list-users", "List users, by login", 0),
		u.list)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/users", "create-user",
		"Create a user; shows password, second factor and recovery codes once", http.StatusCreated), u.create)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/users/{id}", "get-user", "A user", 0), u.get)
	huma.Register(e.API, op(http.MethodPatch, "/api/v1/users/{id}", "change-user",
		"Change name, role, scopes or state; a new role or scope signs out", 0), u.change)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/users/{id}/renewal", "renew-user",
		"Give a user a new password, second factor and recovery codes; opens a closed account", http.StatusOK), u.renew)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/api-keys", "list-api-keys",
		"List API keys, newest first, without the keys themselves", 0), u.listKeys)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/api-keys", "create-api-key", "A key for a program, shown once",
		http.StatusCreated), u.createKey)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/api-keys/{id}", "revoke-api-key",
		"Revoke a key; every server refuses it within two seconds", http.StatusNoContent), u.revokeKey)
}

func (u *users) list(ctx context.Context, in *struct{ web.Page }) (*web.Body[web.List[User]], error) {
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	items, err := u.people.Users(ctx, after.Text, in.Size()+1)
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(items, in.Page, func(u User) web.Mark { return web.Mark{Text: u.Login} })
	return web.Answer(web.List[User]{Items: items, Next: next}, nil)
}

func (u *users) get(ctx context.Context, in *web.Named) (*web.Body[*User], error) {
	id, err := in.UUID("user")
	if err != nil {
		return nil, err
	}
	return web.Answer(u.people.User(ctx, id))
}

// requireProof returns the caller. A person must have proved recently who it is, because the
// operation gives others access.
func (u *users) requireProof(ctx context.Context) (roles.Principal, error) {
	who, err := roles.From(ctx)
	if err == nil {
		err = who.RefuseStaleProof(u.people.now())
	}
	return who, err
}

// NewUser is a user with the secrets that are shown once.
type NewUser struct {
	User
	Enrolment *Enrolment `json:"enrolment"`
}

func (u *users) create(ctx context.Context, in *struct{ Body UserOrder }) (*web.Body[NewUser], error) {
	if _, err := u.requireProof(ctx); err != nil {
		return nil, err
	}
	secrets, err := u.people.Create(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	return u.newUser(ctx, secrets)
}

func (u *users) newUser(ctx context.Context, secrets *Enrolment) (*web.Body[NewUser], error) {
	made, err := u.people.User(ctx, secrets.ID)
	if err != nil {
		return nil, err
	}
	return web.Answer(NewUser{*made, secrets}, nil)
}

func (u *users) renew(ctx context.Context, in *web.Named) (*web.Body[NewUser], error) {
	if _, err := u.requireProof(ctx); err != nil {
		return nil, err
	}
	id, err := in.UUID("user")
	if err != nil {
		return nil, err
	}
	secrets, err := u.people.RenewUser(ctx, id)
	if err != nil {
		return nil, err
	}
	return u.newUser(ctx, secrets)
}

func (u *users) change(ctx context.Context, in *struct {
	web.Named
	Body UserChange
},
) (*web.Body[*User], error) {
	who, err := u.requireProof(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("user")
	if err != nil {
		return nil, err
	}
	return web.Answer(u.people.ChangeUser(ctx, who, id, in.Body))
}

func (u *users) listKeys(ctx context.Context, in *struct{ web.Page }) (*web.Body[web.List[ListedKey]], error) {
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	items, err := u.keys.List(ctx, after.ID, in.Size()+1)
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(items, in.Page, func(k ListedKey) web.Mark { return web.Mark{ID: k.ID} })
	return web.Answer(web.List[ListedKey]{Items: items, Next: next}, nil)
}

// newKey is a key, shown once.
type newKey struct {
	Body struct {
		Key string `json:"key"`
	}
}

func (u *users) createKey(ctx context.Context, in *struct{ Body Order }) (*newKey, error) {
	who, err := u.requireProof(ctx)
	if err != nil {
		return nil, err
	}
	in.Body.Maker = &who.ActorID
	made := &newKey{}
	made.Body.Key, err = u.keys.Create(ctx, in.Body)
	return made, err
}

func (u *users) revokeKey(ctx context.Context, in *web.Named) (*struct{}, error) {
	if _, err := u.requireProof(ctx); err != nil {
		return nil, err
	}
	id, err := in.UUID("key")
	if err != nil {
		return nil, err
	}
	return nil, u.keys.Revoke(ctx, id)
}
