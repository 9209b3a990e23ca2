package dbtest

import (
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// transactionPool gives its clients one session of a server in turns: each has it for a statement,
// or for a transaction. That is what a pool in transaction mode does. It knows plain statements
// only.
type transactionPool struct {
	listener net.Listener
	running  sync.WaitGroup
	turn     sync.Mutex // who holds it has the session
	server   *pgproto3.Frontend

	mu      sync.Mutex
	clients []net.Conn
}

// NewTransactionPool returns the URL of a database through a pool in transaction mode. It ends with
// the test.
func NewTransactionPool(t testing.TB, database string) string {
	t.Helper()
	session, err := pgconn.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := session.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	p := &transactionPool{server: taken.Frontend}
	if p.listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.mu.Lock()
		for _, c := range p.clients {
			_ = c.Close()
		}
		p.mu.Unlock()
		_ = taken.Conn.Close()
		p.running.Wait()
	})
	cfg, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "postgres", User: url.User(cfg.User), Host: p.listener.Addr().String(), Path: "/" +
		cfg.Database, RawQuery: "sslmode=disable"}
	return u.String()
}

func (p *transactionPool) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.clients = append(p.clients, client)
		p.mu.Unlock()
		p.running.Go(func() {
			defer client.Close()
			p.serve(pgproto3.NewBackend(client, client))
		})
	}
}

// serve lets a client in and forwards its statements until it leaves.
func (p *transactionPool) serve(client *pgproto3.Backend) {
	if _, err := client.ReceiveStartupMessage(); err != nil {
		return
	}
	client.Send(&pgproto3.AuthenticationOk{})
	for name, value := range map[string]string{
		"standard_conforming_strings": "on", "client_encoding": "UTF8",
		"server_version": "15.0",
	} {
		client.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	client.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	holds := false
	defer func() {
		if holds {
			p.turn.Unlock()
		}
	}()
	for client.Flush() == nil {
		message, err := client.Receive()
		query, plain := message.(*pgproto3.Query)
		if err != nil || !plain {
			return
		}
		if !holds {
			p.turn.Lock()
			holds = true
		}
		ended, err := p.forward(client, query)
		if err != nil {
			return
		}
		if ended {
			p.turn.Unlock()
			holds = false
		}
	}
}

// forward sends one statement and its answer on, and reports whether no transaction is open after
// it.
func (p *transactionPool) forward(client *pgproto3.Backend, query *pgproto3.Query) (ended bool, err error) {
	p.server.Send(query)
	if err := p.server.Flush(); err != nil {
		return false, err
	}
	for {
		answer, err := p.server.Receive()
		if err != nil {
			return false, err
		}
		client.Send(answer)
		if ready, over := answer.(*pgproto3.ReadyForQuery); over {
			return ready.TxStatus == 'I', nil
		}
		if err := client.Flush(); err != nil { // the message is valid until the next one is received
			return false, err
		}
	}
}
