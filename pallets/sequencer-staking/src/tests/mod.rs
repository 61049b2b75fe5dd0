mod sequencers;
