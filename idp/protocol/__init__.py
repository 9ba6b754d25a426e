"""What the OpenID and OAuth specifications say at an endpoint, one file each.

Names and errors here are the specifications'; inside the house they are ours (`portal`, not `client`). Authlib's server
side is held behind `authlib_server`. What a sign-in needs next is decided in `next_step` and nowhere else. This room
keeps no table: sessions, codes, grants and agreements belong to the rooms below.
"""
