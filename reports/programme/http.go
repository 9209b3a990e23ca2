package programme

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Routes mounts the programme.
func (p *Programme) Routes(e *web.Edge) {
	op := web.Tagged("programme")
	const campaign, pilot = "/api/v1/campaigns/{campaign}", "/api/v1/campaigns/{campaign}/pilots/{locality}"
	// Campaigns and targets: set by the province, read by everyone in the programme.
	huma.Register(e.API, op(http.MethodPost, "/api/v1/campaigns", "make-campaign", "Create a campaign",
		http.StatusCreated), p.postCampaign)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/campaigns", "list-campaigns", "Campaigns, by code", 0),
		p.listCampaigns)
	huma.Register(e.API, op(http.MethodGet, campaign, "get-campaign", "A campaign, by id or code", 0), p.getCampaign)
	huma.Register(e.API, op(http.MethodGet, campaign+"/targets", "list-targets",
		"List targets, in the order they were set", 0), p.listTargets)
	huma.Register(e.API, op(http.MethodPost, campaign+"/targets", "set-target", "Set a target", http.StatusCreated),
		p.postTarget)
	huma.Register(e.API, op(http.MethodDelete, campaign+"/targets/{target}", "drop-target", "Delete a target",
		http.StatusNoContent), p.deleteTarget)

	// Pilots: chosen by each locality, or by the province.
	huma.Register(e.API, op(http.MethodGet, campaign+"/pilots", "list-pilots",
		"List what each required locality chose, by code", 0), p.listPilots)
	huma.Register(e.API, op(http.MethodPut, pilot, "designate-pilot",
		"Designate a market, or exempt the locality", http.StatusOK), p.putPilot)
	huma.Register(e.API, op(http.MethodPut, pilot+"/milestones/{milestone}", "reach-milestone",
		"Record when the pilot was equipped, launched or habitual", http.StatusOK), p.putMilestone)
	huma.Register(e.API, op(http.MethodDelete, pilot+"/milestones/{milestone}", "unreach-milestone",
		"Delete a milestone", http.StatusNoContent), p.deleteMilestone)
}

// InCampaign names the campaign of a path. It is exported because huma reads exported types only.
type InCampaign struct {
	Campaign string `path:"campaign" maxLength:"36" doc:"id or code"`
}

// InLocality names a required locality of a campaign.
type InLocality struct {
	InCampaign

	Locality string `path:"locality" maxLength:"36" doc:"id, or code within the campaign's basis"`
}

// InMilestone names a milestone of a locality's pilot.
type InMilestone struct {
	InLocality

	Milestone string `path:"milestone" maxLength:"36" doc:"equipped, launched or habitual"`
}

// campaignFor returns the caller, if the action is permitted, and the campaign of the path.
func (p *Programme) campaignFor(ctx context.Context, a roles.Action,
	in InCampaign,
) (roles.Principal, *Campaign, error) {
	who, err := roles.Require(ctx, a)
	if err != nil {
		return who, nil, err
	}
	c, err := p.Campaign(ctx, in.Campaign)
	return who, c, err
}

func (p *Programme) postCampaign(ctx context.Context, in *web.Body[CampaignOrder]) (*web.Body[*Campaign], error) {
	who, err := roles.Require(ctx, roles.WriteProgramme)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.MakeCampaign(ctx, who, in.Body))
}

func (p *Programme) listCampaigns(ctx context.Context, in *struct{ web.Page }) (*web.Body[*web.List[Campaign]], error) {
	if _, err := roles.Require(ctx, roles.ReadProgramme); err != nil {
		return nil, err
	}
	return web.Answer(p.campaigns(ctx, in.Page))
}

func (p *Programme) getCampaign(ctx context.Context, in *InCampaign) (*web.Body[*Campaign], error) {
	_, c, err := p.campaignFor(ctx, roles.ReadProgramme, *in)
	return web.Answer(c, err)
}

func (p *Programme) listPilots(ctx context.Context, in *struct {
	InCampaign
	State string `query:"state" enum:"chosen,exempt,missing,not_required" doc:"absent: all; missing: those that have not chosen"`
	web.Page
},
) (*web.Body[*web.List[Pilot]], error) {
	who, c, err := p.campaignFor(ctx, roles.ReadProgramme, in.InCampaign)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Pilots(ctx, who, c, in.State, in.Page))
}

func (p *Programme) putPilot(ctx context.Context, in *struct {
	InLocality
	Body Choice
},
) (*web.Body[Pilot], error) {
	who, c, err := p.campaignFor(ctx, roles.Designate, in.InCampaign)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Designate(ctx, who, c, in.Locality, in.Body))
}

func (p *Programme) putMilestone(ctx context.Context, in *struct {
	InMilestone
	Body Reached
},
) (*web.Body[Pilot], error) {
	who, c, err := p.campaignFor(ctx, roles.Designate, in.InCampaign)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Reach(ctx, who, c, in.Locality, in.Milestone, in.Body))
}

func (p *Programme) deleteMilestone(ctx context.Context, in *InMilestone) (*struct{}, error) {
	who, c, err := p.campaignFor(ctx, roles.Designate, in.InCampaign)
	if err != nil {
		return nil, err
	}
	return nil, p.Unreach(ctx, who, c, in.Locality, in.Milestone)
}

func (p *Programme) listTargets(ctx context.Context, in *struct {
	InCampaign
	web.Page
},
) (*web.Body[*web.List[Target]], error) {
	who, c, err := p.campaignFor(ctx, roles.ReadProgramme, in.InCampaign)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Targets(ctx, who, c, in.Page))
}

func (p *Programme) postTarget(ctx context.Context, in *struct {
	InCampaign
	Body TargetOrder
},
) (*web.Body[*Target], error) {
	who, c, err := p.campaignFor(ctx, roles.WriteProgramme, in.InCampaign)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.SetTarget(ctx, who, c, in.Body))
}

func (p *Programme) deleteTarget(ctx context.Context, in *struct {
	InCampaign
	Target string `path:"target" maxLength:"36"`
},
) (*struct{}, error) {
	_, c, err := p.campaignFor(ctx, roles.WriteProgramme, in.InCampaign)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(in.Target)
	if err != nil {
		return nil, problem.Missing("target")
	}
	return nil, p.DropTarget(ctx, c, id)
}
