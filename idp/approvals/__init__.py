"""Four eyes: what one person proposes and another decides, and what was done at once and is looked at afterwards.

It keeps proposals and says who may decide them; what is proposed, and how it is carried out, the rooms above know.
"""
