// The world's picture with its own depth, so that objects of the scene stand before and behind what it shows.
Shader "WorldSDK/DepthComposite"
{
    Properties
    {
        _MainTex ("World", 2D) = "black" {}
        _WorldDepth ("Depth", 2D) = "white" {}
        _DepthScale ("Scene units per unit of depth", Float) = 0.01
        _AlongRay ("Depth is along the ray", Float) = 0
    }
    SubShader
    {
        Tags { "Queue" = "Geometry-500" "RenderType" = "Opaque" "IgnoreProjector" = "True" }
        Pass
        {
            ZWrite On
            ZTest Always
            Cull Off
            CGPROGRAM
            #pragma vertex Vertex
            #pragma fragment Fragment
            #pragma target 3.0
            #include "UnityCG.cginc"

            sampler2D _MainTex;
            sampler2D _WorldDepth;
            float _DepthScale;
            float _AlongRay;

            struct Varyings
            {
                float4 position : SV_POSITION;
                float2 uv : TEXCOORD0;
                float3 view : TEXCOORD1;
            };

            struct Output
            {
                fixed4 color : SV_Target;
                float depth : SV_Depth;
            };

            Varyings Vertex(appdata_img input)
            {
                Varyings output;
                output.position = UnityObjectToClipPos(input.vertex);
                output.uv = input.texcoord;
                output.view = UnityObjectToViewPos(input.vertex);
                return output;
            }

            Output Fragment(Varyings input)
            {
                float eye = tex2D(_WorldDepth, input.uv).r * _DepthScale;
                // From the way along the ray to the way along the camera's axis.
                eye *= lerp(1.0, -normalize(input.view).z, _AlongRay);
                eye = clamp(eye, _ProjectionParams.y, _ProjectionParams.z);
                Output output;
                output.color = fixed4(tex2D(_MainTex, input.uv).rgb, 1);
                // The inverse of LinearEyeDepth.
                output.depth = (1.0 / eye - _ZBufferParams.w) / _ZBufferParams.z;
                return output;
            }
            ENDCG
        }
    }
}
